//! Sending changes: requests are made of rows, answers are given back to them.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sha2::{Digest as _, Sha256};

use crate::context::NodeError;
use crate::diag::Code;
use crate::io::Secret;
use crate::io::http::{Answer, Door, Flow, Method, Outcome, Policy, Request};
use crate::io::text::hex;
use crate::loads::delivery::Destination;
use crate::loads::delivery::changes::{CREATE, DELETE};
use crate::loads::delivery::dispatch::{Dispatch, Page};
use crate::loads::delivery::rest::Rest;
use crate::loads::format::json::{self, JsonOptions};
use crate::loads::http::judge::{Meaning, Streak, unknown};
use crate::loads::http::template::UrlTemplate;

/// Requests whose intents are recorded together, for each that may be on its way at once.
const AHEAD: usize = 16;

/// The request for one kind of change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The method.
    pub method: Method,
    /// The address.
    pub url: UrlTemplate,
}

/// A checked `http` load.
pub struct HttpTarget {
    /// For new rows.
    pub create: Shape,
    /// For rows that changed.
    pub update: Shape,
    /// For rows that go away.
    pub delete: Shape,
    /// Fields of the body and their columns.
    pub fields: Vec<(String, String)>,
    /// Rows in one request.
    pub batch: usize,
    /// Whether rows are sent as an array.
    pub batched: bool,
    /// Field that holds the array.
    pub wrap: Option<String>,
    /// Headers of all requests.
    pub headers: Vec<(String, String)>,
    /// Headers with secrets.
    pub secrets: Vec<(String, Secret)>,
    /// Header with the idempotency key.
    pub idempotency: String,
    /// Where the answer has the name of the row.
    pub id: Option<String>,
    /// When requests are tried again.
    pub policy: Policy,
}

/// Rows of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Unit {
    rows: Vec<usize>,
}

impl Destination for HttpTarget {
    fn shown(&self) -> String {
        self.create.url.written()
    }

    fn mapping(&self) -> String {
        let shapes = [&self.create, &self.update, &self.delete];
        let shapes = shapes.map(|shape| format!("{} {}", shape.method.as_str(), shape.url.written())).join("\n");
        format!("http\n{shapes}\n{:?}\n{:?}\n{:?}\n{}", self.fields, self.wrap, self.headers, self.batched)
    }

    fn deliver(&self, dispatch: &mut Dispatch<'_>) -> Result<(), NodeError> {
        let door = self.door()?;
        dispatch.for_each_page(|dispatch, page| self.page(&door, dispatch, page, None))
    }

    /// Requests without an answer are sent again, the same with the same keys.
    fn settle(&self, dispatch: &mut Dispatch<'_>) -> Result<(), NodeError> {
        let open: HashSet<u32> = dispatch.intents()?.into_iter().collect();
        if open.is_empty() {
            return Ok(());
        }
        let door = self.door()?;
        dispatch.for_each_page(|dispatch, page| self.page(&door, dispatch, page, Some(&open)))
    }
}

impl HttpTarget {
    fn door(&self) -> Result<Door, NodeError> {
        Door::open(self.policy.clone()).map_err(|error| NodeError::new(Code::WriteFailed, error.to_string()))
    }

    /// Sends the changes of a page; only those in `open` when it is given.
    fn page(
        &self,
        door: &Door,
        dispatch: &mut Dispatch<'_>,
        page: &Page,
        open: Option<&HashSet<u32>>,
    ) -> Result<(), NodeError> {
        let mut units = self.units(page);
        if let Some(open) = open {
            units.retain(|unit| unit.rows.iter().any(|row| open.contains(&page.change(*row))));
        }
        for units in units.chunks(self.policy.parallel * AHEAD) {
            let mut rest = self.send(door, dispatch, page, units)?;
            let singles = std::mem::take(&mut rest.singles);
            if rest.failed.is_some() {
                // Batches that were refused wait for the next run with the rest.
                for unit in &singles {
                    rest.unsent(page, &unit.rows);
                }
            }
            rest.settle(dispatch)?;
            for singles in singles.chunks(self.policy.parallel * AHEAD) {
                self.send(door, dispatch, page, singles)?.settle(dispatch)?;
            }
        }
        Ok(())
    }

    /// Changes of one kind that follow each other, as many as a batch holds. The same page has the same units always.
    fn units(&self, page: &Page) -> Vec<Unit> {
        let mut units: Vec<Unit> = Vec::new();
        for row in 0..page.table.height {
            match units.last_mut() {
                Some(last) if last.rows.len() < self.batch && page.op(last.rows[0]) == page.op(row) => {
                    last.rows.push(row);
                }
                _ => units.push(Unit { rows: vec![row] }),
            }
        }
        units
    }

    fn send(
        &self,
        door: &Door,
        dispatch: &mut Dispatch<'_>,
        page: &Page,
        units: &[Unit],
    ) -> Result<Rest<Unit>, NodeError> {
        let changes = units.iter().flat_map(|unit| unit.rows.iter().map(|row| page.change(*row)));
        dispatch.intend(changes)?;
        let requests: Vec<Request> = units.iter().map(|unit| self.request(unit, page, dispatch)).collect();
        let shown = requests.clone();
        let cancelled: Arc<AtomicBool> = dispatch.run.cancelled();
        let (mut rest, mut streak) = (Rest::default(), Streak::default());
        door.send_all(requests, &cancelled, |number, outcome| {
            let unit = &units[number];
            match outcome {
                Outcome::Answered(answer) => {
                    let request = &shown[number];
                    let meaning = self.judge(unit, &answer, request, page, &mut streak);
                    self.answered(unit, &answer, meaning, page, dispatch, &mut rest)
                }
                Outcome::Unknown(failure) => {
                    rest.fail(unknown(&failure));
                    if failure.unsent {
                        rest.unsent(page, &unit.rows);
                    }
                    streak.unanswered(&failure)
                }
                Outcome::NotSent => {
                    rest.unsent(page, &unit.rows);
                    Flow::GoOn
                }
            }
        });
        rest.answers_came(dispatch);
        Ok(rest)
    }

    /// Whether the answer names the row of the request.
    fn learns(&self, unit: &Unit, page: &Page) -> bool {
        self.id.is_some() && page.op(unit.rows[0]) != DELETE && unit.rows.len() == 1
    }

    fn judge(&self, unit: &Unit, answer: &Answer, request: &Request, page: &Page, streak: &mut Streak) -> Meaning {
        let op = page.op(unit.rows[0]);
        let names_row = self.shape(op).url.has_columns();
        let is_gone = op == DELETE && names_row && matches!(answer.status, 404 | 410);
        if is_gone { Meaning::Taken } else { streak.judge(answer, request, names_row, self.learns(unit, page)) }
    }

    fn answered(
        &self,
        unit: &Unit,
        answer: &Answer,
        meaning: Meaning,
        page: &Page,
        dispatch: &mut Dispatch<'_>,
        rest: &mut Rest<Unit>,
    ) -> Flow {
        match meaning {
            Meaning::Taken => {
                for row in &unit.rows {
                    let id = self.id.as_deref().filter(|_| self.learns(unit, page)).and_then(|path| answer.value(path));
                    dispatch.taken(page.change(*row), &page.key_text(dispatch.keyed, *row), id);
                }
            }
            Meaning::Refused(_) if unit.rows.len() > 1 => {
                rest.singles.extend(unit.rows.iter().map(|row| Unit { rows: vec![*row] }));
            }
            Meaning::Refused(said) => {
                let message = format!("the service refused the row (status {}): {said}", answer.status);
                let message_it = format!("il servizio ha rifiutato la riga (stato {}): {said}", answer.status);
                dispatch.refused(page, unit.rows[0], message, message_it);
            }
            Meaning::NoToAll(error) => {
                rest.fail(error);
                rest.unsent(page, &unit.rows);
                return Flow::Stop;
            }
            Meaning::NotTheService(error) => {
                rest.fail(error);
                return Flow::Stop;
            }
        }
        Flow::GoOn
    }

    fn shape(&self, op: u32) -> &Shape {
        match op {
            CREATE => &self.create,
            DELETE => &self.delete,
            _ => &self.update,
        }
    }

    fn request(&self, unit: &Unit, page: &Page, dispatch: &Dispatch<'_>) -> Request {
        let first = unit.rows[0];
        let shape = self.shape(page.op(first));
        let name = if let [row] = unit.rows[..] {
            page.idempotency_key(row, dispatch)
        } else {
            let mut digest = Sha256::new();
            for row in &unit.rows {
                digest.update(page.idempotency_key(*row, dispatch));
            }
            hex(&digest.finalize()[..16])
        };
        let mut headers = self.headers.clone();
        headers.push((self.idempotency.clone(), name.clone()));
        let has_body = shape.method != Method::Get && (shape.method != Method::Delete || self.batched);
        Request {
            method: shape.method,
            url: shape.url.of_row(&page.table, first),
            headers,
            secrets: self.secrets.clone(),
            body: has_body.then(|| (self.body(unit, page), "application/json")),
            name,
        }
    }

    fn body(&self, unit: &Unit, page: &Page) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.batched {
            self.object(page, unit.rows[0], &mut out);
            return out;
        }
        if let Some(field) = &self.wrap {
            out.push(b'{');
            json::write_string(field, &mut out);
            out.push(b':');
        }
        out.push(b'[');
        for (index, row) in unit.rows.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            self.object(page, *row, &mut out);
        }
        out.push(b']');
        if self.wrap.is_some() {
            out.push(b'}');
        }
        out
    }

    fn object(&self, page: &Page, row: usize, out: &mut Vec<u8>) {
        let mut open = b'{';
        for (field, column) in &self.fields {
            let Some(index) = page.table.names.iter().position(|name| name == column) else { continue };
            out.push(open);
            open = b',';
            json::write_string(field, out);
            out.push(b':');
            json::write_value(page.table.cells[index].get(row), JsonOptions::default(), out);
        }
        if open == b'{' {
            out.push(b'{');
        }
        out.push(b'}');
    }
}
