//! A platform that is configured by data: it remembers what is written, pages, wants a token, and fails on command.

use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::faults::request::Request;

/// What the platform is like, and what it holds.
#[derive(Default)]
pub struct World {
    /// Its records; each has an `id`.
    pub records: Vec<Value>,
    /// Records of a page.
    pub page: usize,
    /// The token that is good now; none is wanted when it is empty.
    pub token: String,
    /// Requests so far, as `METHOD path?query`.
    pub requests: Vec<String>,
    /// What becomes of requests by their number, from 1, in this order of looking.
    pub faults: Vec<(usize, Fault)>,
    /// Whether the parameter of the page is not known: the first page comes for ever.
    pub is_deaf: bool,
}

/// How a request goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429 with `Retry-After: 0`, nothing done.
    Busy,
    /// 500, nothing done.
    Broken,
    /// A page for people with status 200, nothing done.
    Page,
    /// The connection is closed after the work was done.
    Lost,
    /// The token is good no more.
    Expired,
}

/// The platform, for the time of the test.
pub struct Platform {
    /// Its address.
    pub url: String,
    /// What it is like.
    pub world: Arc<Mutex<World>>,
}

impl Platform {
    /// Starts a platform.
    #[must_use]
    pub fn start(world: World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let world = Arc::new(Mutex::new(world));
        let theirs = Arc::clone(&world);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let world = Arc::clone(&theirs);
                thread::spawn(move || while serve(&stream, &world).is_some() {});
            }
        });
        Self { url, world }
    }

    /// How many requests began so.
    #[must_use]
    pub fn asked(&self, start: &str) -> usize {
        self.world.lock().unwrap().requests.iter().filter(|request| request.starts_with(start)).count()
    }
}

fn serve(stream: &TcpStream, world: &Mutex<World>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let asked = Request::read(&mut reader)?;
    let token = asked.header("authorization").trim_start_matches("Bearer ");
    let body = serde_json::from_slice(&asked.body).unwrap_or(Value::Null);
    let answer = world.lock().unwrap().answer(&asked.method, &asked.target, token, &body)?;
    (&*stream).write_all(answer.as_bytes()).ok()
}

fn written(status: &str, media: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media}\r\nretry-after: 0\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn ok(body: &Value) -> String {
    written("200 OK", "application/json", &body.to_string())
}

impl World {
    /// Nothing when the connection is to be closed.
    fn answer(&mut self, method: &str, target: &str, token: &str, body: &Value) -> Option<String> {
        self.requests.push(format!("{method} {target}"));
        let number = self.requests.len();
        if target == "/token" {
            self.token = format!("token-{number}");
            return Some(ok(&json!({ "access_token": self.token, "expires_in": 3600 })));
        }
        let fault = self.faults.iter().find(|(at, _)| *at == number).map(|(_, fault)| *fault);
        match fault {
            Some(Fault::Busy) => return Some(written("429 Too Many Requests", "application/json", "{}")),
            Some(Fault::Broken) => return Some(written("500 Internal Server Error", "application/json", "{}")),
            Some(Fault::Page) => return Some(written("200 OK", "text/html", "<!doctype html><p>wait")),
            Some(Fault::Expired) => "another".clone_into(&mut self.token),
            Some(Fault::Lost) | None => {}
        }
        if !self.token.is_empty() && token != self.token {
            return Some(written("401 Unauthorized", "application/json", "{\"message\":\"who?\"}"));
        }
        let answer = self.work(method, target, body);
        (fault != Some(Fault::Lost)).then_some(answer)
    }

    fn work(&mut self, method: &str, target: &str, body: &Value) -> String {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let of =
            |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")).map(str::to_owned));
        match (method, path.trim_start_matches("/api/articles")) {
            ("GET", _) => ok(&json!({ "data": self.list(of("sku"), of("page"), of("since")) })),
            ("POST", "") => ok(&json!({ "id": self.create(body) })),
            ("POST", "/batch") => {
                let items = body["update"].as_array().cloned().unwrap_or_default();
                let results: Vec<Value> =
                    items.iter().map(|item| self.change(item["id"].as_u64().unwrap_or(0), item)).collect();
                ok(&json!({ "update": results }))
            }
            ("PUT", id) => ok(&self.change(id.trim_start_matches('/').parse().unwrap_or(0), body)),
            _ => written("404 Not Found", "application/json", "{}"),
        }
    }

    fn list(&self, sku: Option<String>, page: Option<String>, since: Option<String>) -> Vec<Value> {
        let wanted = |record: &&Value| {
            sku.as_ref().is_none_or(|sku| record["sku"] == sku.as_str())
                && since.as_ref().is_none_or(|since| record["changed"].as_i64() >= since.parse().ok())
        };
        let page = if self.is_deaf { 1 } else { page.and_then(|page| page.parse().ok()).unwrap_or(1) };
        self.records.iter().filter(wanted).skip((page - 1) * self.page).take(self.page).cloned().collect()
    }

    fn create(&mut self, body: &Value) -> usize {
        let id = self.records.len() + 1;
        let mut record = body.clone();
        record["id"] = json!(id);
        self.records.push(record);
        id
    }

    fn change(&mut self, id: u64, body: &Value) -> Value {
        if body["stock"].as_i64().is_some_and(|stock| stock < 0) {
            return json!({ "id": id, "error": { "message": "stock below zero" } });
        }
        let Some(record) = self.records.iter_mut().find(|record| record["id"] == json!(id)) else {
            return json!({ "error": { "message": "no such article" } });
        };
        for (name, value) in body.as_object().into_iter().flatten() {
            record[name] = value.clone();
        }
        json!({ "id": id })
    }
}
