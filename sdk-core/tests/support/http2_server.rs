//! An HTTP/2 server that writes scripted frames, for cases that a real server produces only by chance.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};
use tokio_rustls::server::TlsStream;

use super::tls;

/// Codes of errors (RFC 9113, section 7).
pub(crate) const NO_ERROR: u32 = 0x0;
pub(crate) const INTERNAL_ERROR: u32 = 0x2;
pub(crate) const REFUSED_STREAM: u32 = 0x7;
pub(crate) const ENHANCE_YOUR_CALM: u32 = 0xb;

const PREFACE: usize = 24;
const DATA: u8 = 0x0;
const HEADERS: u8 = 0x1;
const RST_STREAM: u8 = 0x3;
const SETTINGS: u8 = 0x4;
const PING: u8 = 0x6;
const GOAWAY: u8 = 0x7;
const MAX_CONCURRENT_STREAMS: u16 = 0x3;
const END_STREAM: u8 = 0x1;
const ACK: u8 = 0x1;
const END_HEADERS: u8 = 0x4;

/// Act of the server after a complete request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// A 200 with a JSON body.
    Respond,
    /// The head of a 200, and no body yet.
    Head,
    GoAway {
        last: u32,
        code: u32,
    },
    /// A GOAWAY(last = 0, ENHANCE_YOUR_CALM) with these words in its debug data.
    Complain(&'static str),
    /// Half of the body of a 200 that announces its length.
    HalfBody,
    Reset(u32),
    /// Closes the connection.
    Close,
}

/// The acts for a request, by connection (counted from 1) and stream id (odd numbers).
type Script = Arc<dyn Fn(usize, u32) -> Vec<Act> + Send + Sync>;
/// The complete requests: connection and stream id.
type Requests = Arc<Mutex<Vec<(usize, u32)>>>;

/// Stops when dropped.
pub(crate) struct Http2Server {
    pub(crate) address: SocketAddr,
    pub(crate) authority: String,
    requests: Requests,
    settled: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Http2Server {
    pub(crate) async fn start(script: impl Fn(usize, u32) -> Vec<Act> + Send + Sync + 'static) -> Self {
        Self::start_with_streams(u32::MAX, script).await
    }

    /// The same, with a limit on open streams per connection.
    pub(crate) async fn start_with_streams(
        streams: u32,
        script: impl Fn(usize, u32) -> Vec<Act> + Send + Sync + 'static,
    ) -> Self {
        let (acceptor, authority) = tls::acceptor(&[b"h2"]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script: Script = Arc::new(script);
        let requests = Requests::default();
        let settled = Arc::new(Notify::new());
        let (seen, is_settled) = (requests.clone(), settled.clone());
        let task = tokio::spawn(async move {
            let mut connection = 0;
            while let Ok((socket, _)) = listener.accept().await {
                connection += 1;
                let (acceptor, script) = (acceptor.clone(), script.clone());
                let told = Told { requests: seen.clone(), settled: is_settled.clone() };
                tokio::spawn(async move {
                    // A client that does not trust the certificate ends the handshake.
                    if let Ok(stream) = acceptor.accept(socket).await {
                        serve(stream, connection, streams, script, told).await;
                    }
                });
            }
        });
        Self { address, authority, requests, settled, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// Waits for a request and for the client's acknowledgement of the server's settings.
    pub(crate) async fn until_settled(&self) {
        self.settled.notified().await;
        while self.requests().is_empty() {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn requests(&self) -> Vec<(usize, u32)> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Http2Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The requests on all connections.
struct Told {
    requests: Requests,
    settled: Arc<Notify>,
}

async fn serve(mut stream: TlsStream<TcpStream>, connection: usize, streams: u32, script: Script, told: Told) {
    let settings = [&MAX_CONCURRENT_STREAMS.to_be_bytes()[..], &streams.to_be_bytes()].concat();
    let mut preface = [0; PREFACE];
    if stream.read_exact(&mut preface).await.is_err() || write(&mut stream, SETTINGS, 0, 0, &settings).await.is_err() {
        return;
    }
    while let Ok((kind, flags, id, payload)) = read(&mut stream).await {
        let written = match kind {
            SETTINGS if flags & ACK != 0 => {
                told.settled.notify_one();
                Ok(())
            }
            SETTINGS => write(&mut stream, SETTINGS, ACK, 0, &[]).await,
            PING if flags & ACK == 0 => write(&mut stream, PING, ACK, 0, &payload).await,
            DATA if flags & END_STREAM != 0 => {
                told.requests.lock().unwrap().push((connection, id));
                perform(&mut stream, id, &script(connection, id)).await
            }
            _ => Ok(()),
        };
        if written.is_err() {
            return;
        }
    }
}

async fn perform(stream: &mut TlsStream<TcpStream>, id: u32, acts: &[Act]) -> std::io::Result<()> {
    // `:status: 200` is in HPACK's static table (RFC 7541, appendix A).
    const STATUS_200: &[u8] = &[0x88];
    for act in acts {
        match *act {
            Act::Respond => {
                write(stream, HEADERS, END_HEADERS, id, STATUS_200).await?;
                write(stream, DATA, END_STREAM, id, b"{\"ran\":true}").await?;
            }
            Act::Head => write(stream, HEADERS, END_HEADERS, id, STATUS_200).await?,
            Act::GoAway { last, code } => {
                let payload = [last.to_be_bytes(), code.to_be_bytes()].concat();
                write(stream, GOAWAY, 0, 0, &payload).await?;
            }
            Act::Complain(words) => {
                let payload = [&0_u32.to_be_bytes()[..], &ENHANCE_YOUR_CALM.to_be_bytes(), words.as_bytes()].concat();
                write(stream, GOAWAY, 0, 0, &payload).await?;
            }
            Act::HalfBody => {
                // `content-length` has the number 28; the value "12" stands plain.
                let head = [STATUS_200, &[0x0f, 0x0d, 0x02], b"12"].concat();
                write(stream, HEADERS, END_HEADERS, id, &head).await?;
                write(stream, DATA, 0, id, b"{\"ran\"").await?;
            }
            Act::Reset(code) => write(stream, RST_STREAM, 0, id, &code.to_be_bytes()).await?,
            Act::Close => {
                stream.shutdown().await?;
                return Err(std::io::ErrorKind::ConnectionAborted.into());
            }
        }
    }
    Ok(())
}

async fn read(stream: &mut TlsStream<TcpStream>) -> std::io::Result<(u8, u8, u32, Vec<u8>)> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).await?;
    Ok((head[3], head[4], u32::from_be_bytes([head[5], head[6], head[7], head[8]]), payload))
}

async fn write(stream: &mut TlsStream<TcpStream>, kind: u8, flags: u8, id: u32, payload: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend_from_slice(&id.to_be_bytes());
    frame.extend_from_slice(payload);
    stream.write_all(&frame).await?;
    stream.flush().await
}
