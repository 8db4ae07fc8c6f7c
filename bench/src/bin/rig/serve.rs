//! The origin, and Workers KV in workerd's protocol: `GET /key` returns a file of the folder `kv`. Prints both ports.

use std::error::Error;
use std::io::{self, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, thread};

use crate::message::{read_head, skip_body, write_body};

/// What a server answers to a target.
type Answer = Arc<dyn Fn(&str) -> Response + Send + Sync>;

enum Response {
    Bytes(Vec<u8>),
    /// So many bytes of no meaning, for a `GET`.
    Filler(u64),
    NotFound,
}

/// Serves until the process is stopped.
pub fn serve(folder: &Path) -> Result<(), Box<dyn Error>> {
    let kv = folder.join("kv");
    let origin = listen(Arc::new(from_origin))?;
    let store = listen(Arc::new(move |target| from_kv(&kv, target)))?;
    println!("{{\"origin\":{origin},\"kv\":{store}}}");
    io::stdout().flush()?;
    loop {
        thread::park();
    }
}

/// A file whose name states its size, or a short response.
fn from_origin(target: &str) -> Response {
    match target.rsplit_once("/bytes-").map(|(_, length)| length.parse()) {
        Some(Ok(length)) => Response::Filler(length),
        Some(Err(_)) | None => {
            Response::Bytes(br#"{"id":"acme/widget","private":true,"sha":"0123456789abcdef"}"#.to_vec())
        }
    }
}

/// The file of a key.
fn from_kv(kv: &Path, target: &str) -> Response {
    let key = target
        .split('?')
        .next()
        .unwrap_or_default()
        .trim_start_matches('/');
    let path: PathBuf = kv.join(key.replace("%2F", "_").replace('/', "_"));
    fs::read(path).map_or(Response::NotFound, Response::Bytes)
}

/// Starts a server on a free port, which it returns.
fn listen(answer: Answer) -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            // A broken connection means that the measured process has exited.
            thread::spawn(move || converse(connection, &*answer));
        }
    });
    Ok(port)
}

/// Answers one connection's requests until it closes.
fn converse(mut connection: TcpStream, answer: &dyn Fn(&str) -> Response) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(crate::message::CHUNK, connection.try_clone()?);
    while let Some(head) = read_head(&mut reader)? {
        let mut words = head.first_line.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        skip_body(&mut reader, head.body)?;
        let (status, mut body, filler) = match answer(target) {
            Response::NotFound => ("404 Not Found", Vec::new(), 0),
            Response::Bytes(bytes) => ("200 OK", bytes, 0),
            Response::Filler(length) => ("200 OK", Vec::new(), if method == "GET" { length } else { 0 }),
        };
        let mut message = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len() as u64 + filler
        )
        .into_bytes();
        message.append(&mut body);
        connection.write_all(&message)?;
        write_body(&mut connection, filler)?;
    }
    Ok(())
}
