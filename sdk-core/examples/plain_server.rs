//! The server of the benchmarks: minimal, so that the client is what is measured. It prints its URL, and responds to a request
//! for a stream with 10,000 events, to any other with a small JSON object.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
};

const EVENTS: usize = 10_000;

fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}", listener.local_addr()?);
    let stream = Arc::new(stream());
    for connection in listener.incoming() {
        let (connection, stream) = (connection?, stream.clone());
        // A client that disconnects ends only its own thread.
        std::thread::spawn(move || serve(connection, &stream));
    }
    Ok(())
}

fn stream() -> Vec<u8> {
    let mut body = String::from(
        "event: execution_start\ndata: {\"type\":\"execution_start\",\"seq\":0,\"executionId\":\"exec_1\"}\n\n",
    );
    for seq in 1..EVENTS - 1 {
        body.push_str(&format!(
            "event: text_delta\ndata: {{\"type\":\"text_delta\",\"seq\":{seq},\"executionId\":\"exec_1\",\"id\":\"text_1\",\"delta\":\"word \"}}\n\n"
        ));
    }
    body.push_str(
        "event: execution_complete\ndata: {\"type\":\"execution_complete\",\"finalOutput\":{\"words\":9998}}\n\n",
    );
    response("text/event-stream", &body)
}

fn response(kind: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn serve(mut connection: TcpStream, stream: &[u8]) -> std::io::Result<()> {
    connection.set_nodelay(true)?;
    let json = response("application/json", "{\"summary\":\"A lighthouse is a promise.\",\"words\":86}");
    let mut request = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let read = connection.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        request.extend_from_slice(buffer.get(..read).unwrap_or_default());
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")).map_or("0", str::trim);
        if body.len() < length.parse().unwrap_or(0) {
            continue;
        }
        let is_stream = head.contains("stream=true");
        request.clear();
        connection.write_all(if is_stream { stream } else { &json })?;
    }
}
