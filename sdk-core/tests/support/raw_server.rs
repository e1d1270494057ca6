//! A minimal server whose responses are raw bytes, for responses that a real server would not send.

use std::{net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

type Respond = Arc<dyn Fn(&str) -> Vec<u8> + Send + Sync>;

/// Responds to every request with a function of its text; stops when dropped.
pub(crate) struct RawServer {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl RawServer {
    pub(crate) async fn start(response: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::with(response, false).await
    }

    /// The same, closing each connection after its first response.
    #[allow(dead_code, reason = "not every test file uses it")]
    pub(crate) async fn closing(response: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::with(response, true).await
    }

    async fn with(response: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static, closes: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let response: Respond = Arc::new(response);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, response.clone(), closes));
            }
        });
        Self { address, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A response with a `Content-Length`.
pub(crate) fn response(status: u16, headers: &[(&str, &[u8])], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n", body.len()).into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}

async fn serve(mut stream: TcpStream, response: Respond, closes: bool) {
    let mut request = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        while !is_whole(&request) {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(count) => request.extend_from_slice(&buffer[..count]),
            }
        }
        let bytes = response(&String::from_utf8_lossy(&request));
        request.clear();
        if stream.write_all(&bytes).await.is_err() || closes {
            return;
        }
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length: usize = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0);
    request.len() >= head.len() + 4 + length
}
