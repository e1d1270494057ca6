//! Servers that are not the mock: with TLS, from an authority of the test.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

#[path = "../support/tls.rs"]
mod certificates;

/// The URL of a server whose certificate nobody trusts.
pub(crate) async fn tls() -> String {
    tls_with_authority().await.0
}

/// The same, and the certificate of its authority as PEM. It answers each request with a 404.
pub(crate) async fn tls_with_authority() -> (String, String) {
    let (acceptor, authority) = certificates::acceptor(&[b"http/1.1"]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    // The test waits for a child process on its own thread.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = listener.into_std().unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                let _ = stream.write_all(answer).await;
                let _ = stream.shutdown().await;
            }
        });
    });
    (url, authority)
}
