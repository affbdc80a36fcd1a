//! What a web service answers, and what becomes of the load: stopped at once, paused, told, continued.

use std::time::{Duration, Instant};

use crate::faults::server::{Mischief, Server};
use crate::harness::{Call, Scratch};

const ROWS: u32 = 300;

struct Desk {
    server: Server,
    folder: Scratch,
}

impl Desk {
    fn with(http: &str, more: &str) -> Self {
        let server = Server::start();
        let pipeline = format!(
            "pipeline: sportello\nextract:\n  righe:\n    file: {{ path: righe.csv }}\n    columns: {{ sku: sku, prezzo: money }}\n\
             load:\n  sportello: {{ from: righe, key: sku, mode: merge, http: {{ {http} }} }}\n{more}"
        )
        .replace("URL", &server.url);
        let rows: String = (1..=ROWS).map(|row| format!("A{row:06},{row}.10\n")).collect();
        let folder = Scratch::project().with("p.yaml", &pipeline).with("righe.csv", &format!("sku,prezzo\n{rows}"));
        Self { server, folder }
    }

    fn run(&self) -> Call {
        self.folder.raccordo(&["run", "p.yaml"]).env("NO_PROXY", "127.0.0.1")
    }

    fn requests(&self) -> usize {
        self.server.seen.lock().unwrap().times.len()
    }

    /// Once the service is well, everything arrives, each row once.
    fn recovers(&self, case: &str) {
        self.server.misbehave(Mischief::None);
        let _ = self.run().answer().exits(0);
        let seen = self.server.seen.lock().unwrap();
        assert_eq!(seen.content.len(), ROWS as usize, "{case}: rows are lost");
        assert!(seen.written.values().all(|times| *times == 1), "{case}: rows are doubled");
    }
}

const PLAIN: &str = "url: \"URL\", parallel: 4, attempts: 1";

#[test]
fn what_concerns_all_rows_stops_at_once() {
    for (status, headers, body, expected) in [
        ("401 Unauthorized", "", "{\"message\":\"no token\"}", "check `auth`"),
        ("403 Forbidden", "", "{}", "may not do this"),
        ("404 Not Found", "", "{}", "nothing at this address"),
        ("302 Found", "Location: https://shop.example/login\r\n", "", "the address has moved"),
        ("500 Internal Server Error", "", "{}", "run again"),
        ("200 OK", "content-type: text/html\r\n", "<html><title>Accesso</title></html>", "instead of JSON"),
    ] {
        let desk = Desk::with(PLAIN, "");
        desk.server.misbehave(Mischief::Always(status, headers, body));
        let answer = desk.run().answer().exits(2).says(expected).says(&format!("of {ROWS} changes"));
        assert!(desk.requests() <= 8, "{status}: {} requests\n{answer}", desk.requests());
        assert!(!answer.stderr.contains("was rejected"), "{status}: {answer}");
        desk.recovers(status);
    }
}

#[test]
fn a_service_that_is_not_there_is_asked_once() {
    let desk = Desk::with("url: \"http://127.0.0.1:9/rows\", parallel: 1, attempts: 1", "");
    let _ = desk.run().answer().exits(2).says("cannot be reached").says("none of 300 changes has arrived");
}

#[test]
fn a_failure_in_the_middle_says_what_arrived() {
    let desk = Desk::with("url: \"URL\", parallel: 1, attempts: 1", "");
    let running = desk.run().start();
    while desk.server.seen.lock().unwrap().written.len() < 20 {
        std::thread::sleep(Duration::from_millis(1));
    }
    desk.server.misbehave(Mischief::Always("401 Unauthorized", "", "{}"));
    let output = running.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let arrived = desk.server.seen.lock().unwrap().written.len();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(&format!("{arrived} of 300 changes have arrived and are noted")), "{said}");
    assert!(said.contains(&format!("stopped: {arrived} of 300 changes arrived")), "{said}");
    desk.recovers("in the middle");
}

#[test]
fn a_pause_holds_for_all_workers() {
    for (pause, least) in [(Some("1"), 1000), (None, 250)] {
        let desk = Desk::with("url: \"URL\", parallel: 4, attempts: 6", "");
        desk.server.misbehave(Mischief::Throttles(pause));
        let _ = desk.run().answer().exits(0);
        let times = desk.server.seen.lock().unwrap().times.clone();
        assert_eq!(times.len(), ROWS as usize + 1);
        let asked = times[1];
        // What was on its way already may still come.
        let early = times[2..].iter().filter(|time| since(asked, **time) < Duration::from_millis(least - 50)).count();
        assert!(early <= 3, "{early} requests came in the pause of {pause:?}");
    }
}

fn since(start: Instant, time: Instant) -> Duration {
    time.saturating_duration_since(start)
}

#[test]
fn a_load_of_which_every_row_was_refused_is_no_success() {
    let refuse = Mischief::Always("422 Unprocessable Entity", "", "{\"message\":\"EAN non valido\"}");
    let desk = Desk::with(PLAIN, "");
    desk.server.misbehave(refuse);
    let _ = desk.run().answer().exits(3).says("every one of its 300 rows was refused").says("EAN non valido");
    desk.recovers("all refused");
    let desk = Desk::with(PLAIN, "rejects: { fail_above: 100% }\n");
    desk.server.misbehave(refuse);
    let _ = desk.run().answer().exits(0);
}

#[test]
fn an_id_is_not_read_from_what_is_no_json() {
    let desk = Desk::with(&format!("{PLAIN}, id: id"), "");
    desk.server.misbehave(Mischief::Always("200 OK", "", "ok"));
    let _ = desk.run().answer().exits(2).says("text that is no JSON instead of JSON");
    desk.recovers("no JSON");
}
