//! A proxy that does what a test says.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

/// What the proxy does with each connection.
#[derive(Clone)]
pub(crate) enum Behaviour {
    /// Opens a tunnel to this address, whatever the client asks for.
    Tunnel(SocketAddr),
    /// Speaks SOCKS 5 and does the same, for clients with these credentials.
    Socks(SocketAddr, Option<(&'static str, &'static str)>),
    /// Sends this and closes.
    Answer(&'static [u8]),
}

/// A proxy on a free port, and what its clients asked for.
pub(crate) struct RawProxy {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl RawProxy {
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = asked.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (behaviour, noted) = (behaviour.clone(), noted.clone());
                tokio::spawn(async move { serve(socket, behaviour, &noted).await });
            }
        });
        Self { address, asked }
    }

    /// The heads of the requests, or the targets of SOCKS.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(mut socket: TcpStream, behaviour: Behaviour, asked: &Mutex<Vec<String>>) -> Option<()> {
    let target = match behaviour {
        Behaviour::Socks(target, credentials) => {
            let host = socks(&mut socket, credentials).await?;
            asked.lock().unwrap().push(host);
            socket.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.ok()?;
            target
        }
        Behaviour::Tunnel(target) => {
            let head = head(&mut socket).await?;
            asked.lock().unwrap().push(head);
            socket.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.ok()?;
            target
        }
        Behaviour::Answer(answer) => {
            let head = head(&mut socket).await?;
            asked.lock().unwrap().push(head);
            socket.write_all(answer).await.ok()?;
            return socket.shutdown().await.ok();
        }
    };
    let mut server = TcpStream::connect(target).await.ok()?;
    copy_bidirectional(&mut socket, &mut server).await.ok().map(|_| ())
}

async fn head(socket: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

/// The greeting, the credentials and the request: RFC 1928, RFC 1929. Gives the target's name.
async fn socks(socket: &mut TcpStream, credentials: Option<(&str, &str)>) -> Option<String> {
    let text = async |socket: &mut TcpStream| {
        let mut bytes = vec![0; socket.read_u8().await.ok()?.into()];
        socket.read_exact(&mut bytes).await.ok()?;
        Some(bytes)
    };
    assert_eq!(socket.read_u8().await.ok()?, 5);
    text(socket).await?;
    socket.write_all(&[5, if credentials.is_some() { 2 } else { 0 }]).await.ok()?;
    if let Some((name, password)) = credentials {
        assert_eq!(socket.read_u8().await.ok()?, 1);
        let given = (text(socket).await?, text(socket).await?);
        let is_right = given == (name.into(), password.into());
        socket.write_all(&[1, u8::from(!is_right)]).await.ok()?;
        if !is_right {
            return None;
        }
    }
    let mut request = [0; 4];
    socket.read_exact(&mut request).await.ok()?;
    assert_eq!(request, [5, 1, 0, 3], "the proxy resolves the name");
    let host = String::from_utf8(text(socket).await?).ok()?;
    Some(format!("{host}:{}", socket.read_u16().await.ok()?))
}
