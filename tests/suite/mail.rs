//! Mail about runs, given to a small server of our own that keeps what it is told. That other people's servers take it too,
//! with TLS and a password, is shown by `tests/mail.py`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::harness::Scratch;

const ROWS: &str = "pipeline: listino
extract:
  articoli:
    inline: { rows: [ { sku: A1, prezzo: \"10.50\" }, { sku: A2, prezzo: \"x\" } ] }
    columns: { sku: text, prezzo: money }
load:
  file: { from: articoli, file: { path: out/listino.csv } }
";

/// A server that takes every mail; or, when it is to refuse, none.
fn server(refuses: bool) -> (u16, Receiver<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mail = talk(stream, refuses);
            if tell.send(mail).is_err() {
                break;
            }
        }
    });
    (port, told)
}

/// One conversation; gives the lines of the mail.
fn talk(stream: TcpStream, refuses: bool) -> Vec<String> {
    let mut writer = stream.try_clone().unwrap();
    let mut say = |text: &str| writer.write_all(format!("{text}\r\n").as_bytes()).unwrap();
    say("220 here");
    let (mut mail, mut in_mail) = (Vec::new(), false);
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        let line = line.trim_end_matches('\r').to_owned();
        match (in_mail, line.as_str()) {
            (true, ".") => {
                in_mail = false;
                say("250 taken");
            }
            (true, _) => mail.push(line),
            (false, "DATA") => {
                in_mail = true;
                say("354 go on");
            }
            (false, "QUIT") => {
                say("221 bye");
                break;
            }
            (false, command) if refuses && command.starts_with("RCPT") => say("550 no such mailbox"),
            (false, _) => say("250 well"),
        }
    }
    mail
}

fn project(port: u16, mail: &str) -> Scratch {
    let server = format!("mail: {{ server: 127.0.0.1, port: {port}, security: none, from: notte@negozio.example }}\n");
    Scratch::empty().with("raccordo.yaml", &server).with("listino.yaml", &format!("{ROWS}{mail}"))
}

#[test]
fn a_run_sends_its_report_and_files() {
    let (port, told) = server(false);
    let project = project(port, "mail: { to: [a@negozio.example], attach: [\"out/*.csv\", out/non-qui.html] }\n");
    let _ = project.raccordo(&["run", "listino.yaml"]).answer().exits(0).says("mail sent to a@negozio.example");
    let mail = told.recv().unwrap().join("\n");
    for expected in [
        "Subject: listino: done, 1 rows rejected",
        "From: notte@negozio.example",
        "To: a@negozio.example",
        "Auto-Submitted: auto-generated",
        "filename=\"listino.csv\"",
        "not attached: there is no file `out/non-qui.html`",
        "attached: `out/listino.csv`, of 20",
    ] {
        assert!(mail.contains(expected), "{expected:?} is not in\n{mail}");
    }
}

#[test]
fn only_runs_with_problems_write_when_so_asked() {
    let (port, told) = server(false);
    let fine = ROWS.replace("\"x\"", "\"9.00\"");
    let mail = "mail: { to: [a@negozio.example], when: problems }\n";
    let project = project(port, mail).with("bene.yaml", &format!("{fine}{mail}"));
    let quiet = project.raccordo(&["run", "bene.yaml"]).answer().exits(0);
    assert!(!quiet.stderr.contains("mail"), "{quiet}");
    assert!(told.try_recv().is_err());
    let _ = project.raccordo(&["run", "listino.yaml"]).answer().exits(0).says("mail sent");
    assert!(told.recv().unwrap().iter().any(|line| line == "Subject: listino: done, 1 rows rejected"));
}

#[test]
fn a_mail_that_is_refused_is_kept_and_undoes_nothing() {
    let (port, _told) = server(true);
    let project = project(port, "mail: { to: [nessuno@negozio.example] }\n");
    let answer = project.raccordo(&["run", "listino.yaml"]).answer().exits(2);
    let answer = answer.says("the mail to nessuno@negozio.example was NOT sent").says("no such mailbox");
    assert!(project.read("out/listino.csv").contains("A1"), "{answer}");
    let kept = answer.stderr.split('`').find(|word| word.ends_with("mail.eml")).expect("a copy is named");
    assert!(project.read(kept).contains("To: nessuno@negozio.example"));
}

#[test]
fn the_doctor_looks_whether_mail_can_go() {
    let (port, _told) = server(false);
    let project = project(port, "");
    let _ = project.raccordo(&["doctor"]).answer().prints(&format!("mail        `127.0.0.1:{port}` answers"));
    let alone = Scratch::empty()
        .with("raccordo.yaml", "mail: { server: 127.0.0.1, port: 9, security: none, from: notte@negozio.example }\n");
    let _ = alone.raccordo(&["doctor"]).answer().exits(2).prints("the mail server `127.0.0.1:9`");
}
