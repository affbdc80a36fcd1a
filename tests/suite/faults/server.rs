//! A small web service that counts: how often each idempotency key came, how often each row was written.
//!
//! It behaves like a good destination: the same key twice is done once. Told so, it behaves badly before.

use std::collections::BTreeMap;
use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use serde_json::Value;

use crate::faults::request::Request;

/// How the service misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mischief {
    /// Not at all.
    None,
    /// Every third request is answered 500, before anything is done.
    Broken,
    /// Every third request is answered 429 with `Retry-After`.
    Busy,
    /// Of every third request the connection is reset after the work was done.
    Resets,
    /// Every third row is refused with 422.
    Refuses,
    /// Nothing is answered well.
    Down,
    /// The second request is answered 429, with or without this `Retry-After`.
    Throttles(Option<&'static str>),
    /// Everything gets this status line, headers and content, and nothing is done.
    Always(&'static str, &'static str, &'static str),
}

/// What the service has seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// Requests by idempotency key.
    pub keys: BTreeMap<String, u32>,
    /// How often each row was written, under different keys.
    pub written: BTreeMap<String, u32>,
    /// The last content of each row.
    pub content: BTreeMap<String, String>,
    /// When each request came.
    pub times: Vec<Instant>,
    requests: u64,
}

/// The service, until this is dropped.
pub struct Server {
    /// Its address.
    pub url: String,
    /// What it has seen.
    pub seen: Arc<Mutex<Seen>>,
    mischief: Arc<Mutex<Mischief>>,
    ended: Arc<AtomicBool>,
    address: std::net::SocketAddr,
}

impl Server {
    /// Starts the service.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, mischief) = (Arc::new(Mutex::new(Seen::default())), Arc::new(Mutex::new(Mischief::None)));
        let ended = Arc::new(AtomicBool::new(false));
        let (their_seen, their_mischief, their_end) = (Arc::clone(&seen), Arc::clone(&mischief), Arc::clone(&ended));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if their_end.load(Ordering::Relaxed) {
                    return;
                }
                let (seen, mischief) = (Arc::clone(&their_seen), Arc::clone(&their_mischief));
                thread::spawn(move || serve(&stream, &seen, &mischief));
            }
        });
        Self { url: format!("http://{address}/rows"), seen, mischief, ended, address }
    }

    /// Tells it how to misbehave from now on.
    pub fn misbehave(&self, mischief: Mischief) {
        *self.mischief.lock().unwrap() = mischief;
    }

    /// Forgets everything.
    pub fn forget(&self) {
        *self.seen.lock().unwrap() = Seen::default();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

/// Requests of one connection, one after the other.
fn serve(stream: &TcpStream, seen: &Mutex<Seen>, mischief: &Mutex<Mischief>) {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream);
    while let Some(asked) = Request::read(&mut reader) {
        let mischief = *mischief.lock().unwrap();
        let Some(answer) = work(&asked, &mut seen.lock().unwrap(), mischief) else { return };
        if (&*stream).write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// Does what is asked; nothing is answered when the connection is to be reset.
fn work(asked: &Request, seen: &mut Seen, mischief: Mischief) -> Option<String> {
    seen.requests += 1;
    seen.times.push(Instant::now());
    let third = seen.requests.is_multiple_of(3);
    match mischief {
        Mischief::Down => return Some(answer("503 Service Unavailable", "", "{\"message\":\"down\"}")),
        Mischief::Always(status, headers, body) => return Some(answer(status, headers, body)),
        Mischief::Throttles(pause) if seen.requests == 2 => {
            let pause = pause.map(|pause| format!("Retry-After: {pause}\r\n")).unwrap_or_default();
            return Some(answer("429 Too Many Requests", &pause, "{}"));
        }
        Mischief::Broken if third => return Some(answer("500 Internal Server Error", "", "{\"message\":\"oops\"}")),
        Mischief::Busy if third => {
            return Some(answer("429 Too Many Requests", "Retry-After: 0\r\n", "{\"message\":\"slowly\"}"));
        }
        _ => {}
    }
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or(Value::Null);
    let rows = match body {
        Value::Array(rows) => rows,
        Value::Null => Vec::new(),
        row => vec![row],
    };
    let refused = |row: &Value| {
        let number: u64 = row["sku"].as_str().and_then(|sku| sku.trim_start_matches('A').parse().ok()).unwrap_or(0);
        mischief == Mischief::Refuses && number.is_multiple_of(3)
    };
    if rows.iter().any(refused) {
        return Some(answer("422 Unprocessable Entity", "", "{\"message\":\"no multiples of three\"}"));
    }
    let times = seen.keys.entry(asked.header("idempotency-key").to_owned()).or_default();
    *times += 1;
    if *times == 1 {
        if asked.method == "DELETE" {
            let sku = asked.target.rsplit('/').next().unwrap_or_default().to_owned();
            seen.content.remove(&sku);
        }
        for row in rows {
            let sku = row["sku"].as_str().unwrap_or_default().to_owned();
            *seen.written.entry(sku.clone()).or_default() += 1;
            seen.content.insert(sku, row.to_string());
        }
    }
    if mischief == Mischief::Resets && third {
        return None;
    }
    Some(answer("200 OK", "", "{\"id\":7}"))
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}
