//! A request as the test servers read it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;

/// A request.
pub struct Request {
    /// Its method.
    pub method: String,
    /// Its path and query.
    pub target: String,
    headers: Vec<(String, String)>,
    /// Its content.
    pub body: Vec<u8>,
}

impl Request {
    /// The next request of a connection; nothing when it was closed.
    pub fn read(reader: &mut BufReader<&TcpStream>) -> Option<Self> {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let mut words = line.split_whitespace();
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut request = Self { method, target, headers: Vec::new(), body: Vec::new() };
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok().filter(|read| *read > 0)?;
            let Some((name, value)) = header.split_once(':') else { break };
            request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = match request.header("content-length") {
            "" => 0,
            length => length.parse().ok()?,
        };
        request.body = vec![0; length];
        reader.read_exact(&mut request.body).ok()?;
        Some(request)
    }

    /// A header by its name in small letters; empty when there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}
