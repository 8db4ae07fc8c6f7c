//! The origin: a short response to every request, and a count of the requests by sender.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::message::Message;

/// The response to every request.
const CONTENT: &str = r#"{"id":"acme/widget","private":true,"sha":"0123456789abcdef"}"#;

/// The number of requests by sender: by the part of the gate's subject before the first hyphen.
type Counts = Arc<Mutex<BTreeMap<String, u64>>>;

/// Serves until the process is stopped.
pub(crate) async fn serve() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    let counts = Counts::default();
    loop {
        let (connection, _) = listener.accept().await?;
        // A broken connection means that the gate has exited.
        tokio::spawn(converse(connection, Arc::clone(&counts)));
    }
}

async fn converse(connection: TcpStream, counts: Counts) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let (incoming, mut outgoing) = connection.into_split();
    let mut incoming = BufReader::new(incoming);
    while let Some(request) = Message::read(&mut incoming).await? {
        let content = if request.word(1) == "/counts" {
            serde_json::to_string(&*counts.lock().unwrap_or_else(PoisonError::into_inner))?
        } else {
            let subject = request.field("x-lychgate-subject").unwrap_or("nobody");
            let who = subject.split('-').next().unwrap_or_default().to_owned();
            let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
            *counts.entry(who).or_default() += 1;
            CONTENT.to_owned()
        };
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{content}",
            content.len()
        );
        outgoing.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}
