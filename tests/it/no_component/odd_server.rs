//! A service that misbehaves below HTTP, as the gateway of a test: answers without end, headers without number, silence.
//! Anything else it answers with 200.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

pub struct OddServer {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl OddServer {
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let accept = move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                // Ends when its client hangs up.
                thread::spawn(move || drop(serve(stream)));
            }
        };
        Self {
            address,
            stop,
            thread: Some(thread::spawn(accept)),
        }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for OddServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes it, so that it sees that it is to stop.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What every header costs beside its name and its value: colon, space and line end.
const PER_HEADER: usize = 4;

fn serve(stream: TcpStream) -> Result<()> {
    let mut requests = BufReader::new(stream.try_clone()?);
    let mut out = stream;
    while let Some((path, key)) = request(&mut requests)? {
        let wanted = path.rsplit('/').next().unwrap_or_default();
        let (wanted, count) = wanted.split_once('-').unwrap_or((wanted, ""));
        let count: usize = count.parse().unwrap_or(0);
        match wanted {
            "bytes" => {
                write!(out, "HTTP/1.1 200 OK\r\ncontent-length: {count}\r\n\r\n")?;
                out.write_all(&vec![b'x'; count])?;
            }
            "headers" => {
                out.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n")?;
                for n in 1..count {
                    write!(out, "x{n}: 1\r\n")?;
                }
                out.write_all(b"\r\n")?;
            }
            "head" => {
                let length = "content-length".len() + "0".len() + PER_HEADER;
                let padding = "x".repeat(count - length - "x".len() - PER_HEADER);
                let head = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx: ";
                write!(out, "{head}{padding}\r\n\r\n")?;
            }
            "endless" => {
                out.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
                loop {
                    out.write_all(&[b'x'; 16 << 10])?;
                }
            }
            "header" => {
                out.write_all(b"HTTP/1.1 200 OK\r\nx: ")?;
                loop {
                    out.write_all(&[b'x'; 16 << 10])?;
                }
            }
            // The key it was sent, in a form that nobody finds it in: the bits of each letter turned round.
            "packed" => {
                let packed: Vec<u8> = key.bytes().map(|byte| !byte).collect();
                let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length";
                write!(out, "{head}: {}\r\n\r\n", packed.len())?;
                out.write_all(&packed)?;
            }
            "half" => {
                let half = &key[..key.len() / 2];
                let head = "HTTP/1.1 206 Partial Content\r\ncontent-length";
                write!(out, "{head}: {}\r\n\r\n{half}", half.len())?;
            }
            // The client waits for an answer, and this waits for the client.
            "silent" => {}
            _ => out.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")?,
        }
    }
    Ok(())
}

/// Reads a request with its body, and gives its path and key; none when the client has hung up.
fn request(stream: &mut BufReader<TcpStream>) -> Result<Option<(String, String)>> {
    let (mut first, mut key, mut body_bytes) = (String::new(), String::new(), 0);
    if stream.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        if line.trim_end().is_empty() {
            break;
        }
        if let Some(length) = line.to_lowercase().strip_prefix("content-length:") {
            body_bytes = length.trim().parse().unwrap_or(0);
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("x-api-key")
        {
            value.trim().clone_into(&mut key);
        }
    }
    // Read, so that the answer is one to the whole request.
    std::io::copy(&mut stream.take(body_bytes), &mut std::io::sink())?;
    Ok(first.split(' ').nth(1).map(|path| (path.to_owned(), key)))
}
