//! Sending rows: what exists is looked up, requests are made, answers are given back to their rows.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::connect::client::{Asked, Client, Reply};
use crate::connect::datum::Scope;
use crate::connect::render::{Parts, request};
use crate::connect::spec::read::BodySpec;
use crate::connect::spec::write::{BatchSpec, OperationSpec, WriteSpec};
use crate::connect::{Connection, Datum, select};
use crate::context::{NodeError, Retry};
use crate::diag::Code;
use crate::io::http::{Answer, Failure, Method, Request};
use crate::io::text::hex;
use crate::loads::delivery::Destination;
use crate::loads::delivery::changes::{CREATE, DELETE};
use crate::loads::delivery::dispatch::{Dispatch, Page};
use crate::loads::delivery::rest::Rest;
use crate::loads::platform::rows::RowScope;

/// Rows whose intents are recorded together.
const TOGETHER: usize = 512;

/// A checked load to a platform.
pub struct PlatformTarget {
    /// The connection.
    pub connection: Arc<Connection>,
    /// Name of the resource.
    pub resource: String,
    /// Its requests.
    pub write: WriteSpec,
    /// What requests look like.
    pub mapping: String,
}

/// A kind of change as the platform has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Create,
    Update,
    Delete,
}

/// Rows of one request.
struct Unit {
    kind: Kind,
    rows: Vec<usize>,
}

impl Destination for PlatformTarget {
    fn shown(&self) -> String {
        format!("{}.{}", self.connection.name, self.resource)
    }

    fn mapping(&self) -> String {
        self.mapping.clone()
    }

    fn deliver(&self, dispatch: &mut Dispatch<'_>) -> Result<(), NodeError> {
        let client = Client::open(Arc::clone(&self.connection))?;
        dispatch.for_each_page(|dispatch, page| self.page(&client, dispatch, page, None))
    }

    /// Requests without an answer are sent again; what can be looked up is looked up first.
    fn settle(&self, dispatch: &mut Dispatch<'_>) -> Result<(), NodeError> {
        let open: HashSet<u32> = dispatch.intents()?.into_iter().collect();
        if open.is_empty() {
            return Ok(());
        }
        let client = Client::open(Arc::clone(&self.connection))?;
        dispatch.for_each_page(|dispatch, page| self.page(&client, dispatch, page, Some(&open)))
    }
}

impl PlatformTarget {
    /// Sends the changes of a page; only those in `open` when it is given.
    fn page(
        &self,
        client: &Client,
        dispatch: &mut Dispatch<'_>,
        page: &Page,
        open: Option<&HashSet<u32>>,
    ) -> Result<(), NodeError> {
        let rows = 0..page.table.height;
        let rows: Vec<usize> = rows.filter(|row| open.is_none_or(|open| open.contains(&page.change(*row)))).collect();
        for rows in rows.chunks(TOGETHER) {
            let (ids, rows) = self.known(client, dispatch, page, rows)?;
            let units = self.units(dispatch, page, &rows, &ids);
            let mut rest = self.send(client, dispatch, page, units, &ids)?;
            let singles = std::mem::take(&mut rest.singles);
            rest.settle(dispatch)?;
            if !singles.is_empty() {
                self.send(client, dispatch, page, singles, &ids)?.settle(dispatch)?;
            }
        }
        Ok(())
    }

    /// The names that the platform has for rows: those that were learnt, and those that it is asked for. Rows that cannot be asked
    /// for are rejected and left out.
    fn known(
        &self,
        client: &Client,
        dispatch: &mut Dispatch<'_>,
        page: &Page,
        rows: &[usize],
    ) -> Result<(HashMap<usize, String>, Vec<usize>), NodeError> {
        let mut ids = HashMap::new();
        let mut unknown = Vec::new();
        for row in rows {
            match dispatch.remote_id(&page.key_text(dispatch.keyed, *row))? {
                Some(id) => drop(ids.insert(*row, id)),
                None => unknown.push(*row),
            }
        }
        let mut rows = rows.to_vec();
        let Some(lookup) = self.write.lookup.as_ref().filter(|_| !unknown.is_empty()) else { return Ok((ids, rows)) };
        let parts = Parts {
            method: lookup.method,
            path: &lookup.path,
            query: &lookup.query,
            headers: &lookup.headers,
            body: lookup.body.as_ref(),
        };
        let asked = unknown.iter().map(|row| {
            let scope = RowScope::new(page, *row, dispatch, None);
            Asked {
                request: request(&self.connection, parts, &scope, scope.key.clone()),
                rules: &lookup.errors,
                repeatable: true,
            }
        });
        let mut failed = None;
        let mut refused = Vec::new();
        client.send(asked.collect(), &dispatch.run.cancelled(), |number, reply| {
            let row = unknown[number];
            match reply {
                Reply::Done(answer) => {
                    let found =
                        answer.and_then(|answer| select::text(&String::from_utf8_lossy(&answer.body), &lookup.id));
                    ids.extend(found.map(|id| (row, id)));
                }
                Reply::Refused { status: 404 | 410, stop: false, .. } => {}
                Reply::Refused { message, status, stop: false } => refused.push((row, message, status)),
                other => failed = failed.take().or(other.answer(Code::WriteFailed).err()),
            }
        });
        for (row, message, status) in refused {
            rows.retain(|known| *known != row);
            refuse(dispatch, page, row, status, &message);
        }
        failed.map_or(Ok((ids, rows)), Err)
    }

    /// What happens to a row at the platform.
    fn kind(&self, page: &Page, row: usize, ids: &HashMap<usize, String>) -> Kind {
        match page.op(row) {
            DELETE => Kind::Delete,
            _ if self.write.upsert.is_some() => Kind::Update,
            CREATE if !ids.contains_key(&row) => Kind::Create,
            // What can only be made, as a refund, is never made again because its row has changed.
            _ if self.write.update.is_none() => Kind::Update,
            _ if ids.contains_key(&row) || !self.update_needs_id() => Kind::Update,
            _ => Kind::Create,
        }
    }

    fn update_needs_id(&self) -> bool {
        self.write.update.as_ref().is_some_and(needs_id)
    }

    /// The request for a kind of change, and its method when it says none.
    fn operation(&self, kind: Kind) -> Option<(&OperationSpec, Method)> {
        let write = &self.write;
        let as_post = |operation| (operation, Method::Post);
        let upsert = || write.upsert.as_ref().map(as_post);
        let update = || write.update.as_ref().map(|operation| (operation, Method::Put));
        match kind {
            Kind::Delete => write.delete.as_ref().map(|operation| (operation, Method::Delete)),
            // An update that names the row itself does for new ones too.
            Kind::Create => write
                .create
                .as_ref()
                .map(as_post)
                .or_else(upsert)
                .or_else(|| update().filter(|(update, _)| !needs_id(update))),
            Kind::Update => upsert().or_else(update),
        }
    }

    fn units(
        &self,
        dispatch: &mut Dispatch<'_>,
        page: &Page,
        rows: &[usize],
        ids: &HashMap<usize, String>,
    ) -> Vec<Unit> {
        let mut units: Vec<Unit> = Vec::new();
        for row in rows {
            let kind = self.kind(page, *row, ids);
            if kind == Kind::Update && page.op(*row) == CREATE && self.operation(kind).is_none() {
                // The platform has it already, and there is nothing to change.
                let id = ids.get(row).cloned();
                dispatch.taken(page.change(*row), &page.key_text(dispatch.keyed, *row), id);
                continue;
            }
            let Some((operation, _)) = self.operation(kind) else {
                let message = match kind {
                    Kind::Create => "the platform does not have the row, and its connector cannot create it",
                    Kind::Update => "the row was sent before and has changed: the connector can only create such rows",
                    Kind::Delete => "the connector cannot delete the row",
                };
                let message_it = match kind {
                    Kind::Create => "la piattaforma non ha la riga, e il connettore non può crearla",
                    Kind::Update => {
                        "la riga è già stata inviata ed è cambiata: il connettore può solo creare righe così"
                    }
                    Kind::Delete => "il connettore non può cancellare la riga",
                };
                dispatch.refused(page, *row, message.to_owned(), message_it.to_owned());
                continue;
            };
            if kind == Kind::Delete && needs_id(operation) && !ids.contains_key(row) {
                // It is not there.
                dispatch.taken(page.change(*row), &page.key_text(dispatch.keyed, *row), None);
                continue;
            }
            let most = operation.batch.as_ref().map_or(1, |batch| batch.max.value as usize);
            match units.iter_mut().rev().find(|unit| unit.kind == kind && unit.rows.len() < most) {
                Some(unit) => unit.rows.push(*row),
                None => units.push(Unit { kind, rows: vec![*row] }),
            }
        }
        units
    }

    fn send(
        &self,
        client: &Client,
        dispatch: &mut Dispatch<'_>,
        page: &Page,
        units: Vec<Unit>,
        ids: &HashMap<usize, String>,
    ) -> Result<Rest<Unit>, NodeError> {
        dispatch
            .intend(units.iter().flat_map(|unit| unit.rows.iter().map(|row| page.change(*row))).collect::<Vec<_>>())?;
        let asked = units.iter().filter_map(|unit| self.asked(unit, page, dispatch, ids)).collect();
        let cancelled = dispatch.run.cancelled();
        let mut rest = Rest::default();
        client.send(asked, &cancelled, |number, reply| {
            let unit = &units[number];
            match reply {
                Reply::Done(answer) => self.done(unit, answer.as_ref(), page, dispatch),
                Reply::Refused { status: 404 | 410, stop: false, .. } if unit.kind == Kind::Delete => {
                    self.done(unit, None, page, dispatch);
                }
                Reply::Refused { message, status, stop: false } => match unit.rows[..] {
                    [row] => refuse(dispatch, page, row, status, &message),
                    _ => rest.singles.extend(unit.rows.iter().map(|row| Unit { kind: unit.kind, rows: vec![*row] })),
                },
                Reply::Refused { message, .. } => {
                    let error = NodeError::new(Code::WriteFailed, message);
                    rest.fail(
                        error.help("this concerns all rows: check the connection and what its credentials may do"),
                    );
                    rest.unsent(page, &unit.rows);
                }
                Reply::Unknown(failure) => {
                    rest.fail(unknown(&failure));
                    if failure.unsent {
                        rest.unsent(page, &unit.rows);
                    }
                }
                Reply::NotSent => rest.unsent(page, &unit.rows),
            }
        });
        rest.answers_came(dispatch);
        Ok(rest)
    }

    fn asked<'a>(
        &'a self,
        unit: &Unit,
        page: &Page,
        dispatch: &Dispatch<'_>,
        ids: &HashMap<usize, String>,
    ) -> Option<Asked<'a>> {
        let (operation, method) = self.operation(unit.kind)?;
        let request = match (&operation.batch, &unit.rows[..]) {
            (Some(batch), rows) if rows.len() > 1 || batch.always => {
                self.batch(operation, batch, unit, page, dispatch, ids)
            }
            _ => self.single(operation, operation.method.unwrap_or(method), unit, page, dispatch, ids),
        };
        let known = self.write.idempotency.is_some() || self.write.lookup.is_some();
        let repeatable = unit.kind != Kind::Create || request.method == Method::Put || known;
        Some(Asked { request, rules: &operation.errors, repeatable: repeatable && !self.may_double(unit.kind) })
    }

    /// Whether a request that is sent again may do a thing twice: a new row that is only looked up before.
    fn may_double(&self, kind: Kind) -> bool {
        kind == Kind::Create
            && self.write.idempotency.is_none()
            && self
                .write
                .create
                .as_ref()
                .is_some_and(|create| create.method.is_none_or(|method| method == Method::Post))
    }

    fn single(
        &self,
        operation: &OperationSpec,
        method: Method,
        unit: &Unit,
        page: &Page,
        dispatch: &Dispatch<'_>,
        ids: &HashMap<usize, String>,
    ) -> Request {
        let row = unit.rows[0];
        let scope = RowScope::new(page, row, dispatch, ids.get(&row).map(String::as_str));
        let parts = Parts {
            method: Some(method),
            path: &operation.path,
            query: &operation.query,
            headers: &operation.headers,
            body: operation.body.as_ref(),
        };
        let mut request = request(&self.connection, parts, &scope, scope.idempotency_key.clone());
        if request.body.is_none() && !matches!(method, Method::Get | Method::Delete) {
            request.body = Some((scope.all().to_json().into_bytes(), "application/json"));
        }
        self.named(request, scope.idempotency_key.clone())
    }

    fn batch(
        &self,
        operation: &OperationSpec,
        batch: &BatchSpec,
        unit: &Unit,
        page: &Page,
        dispatch: &Dispatch<'_>,
        ids: &HashMap<usize, String>,
    ) -> Request {
        let mut names = String::new();
        let items = unit.rows.iter().filter_map(|row| {
            let scope = RowScope::new(page, *row, dispatch, ids.get(row).map(String::as_str));
            names.push_str(&scope.idempotency_key);
            let layered = crate::connect::datum::Layered(&scope, &*self.connection);
            match &operation.body {
                Some(BodySpec::Json(tree) | BodySpec::Form(tree)) => tree.value.render(&layered),
                _ => Some(scope.all()),
            }
        });
        let items = Datum::List(items.collect());
        let name = hex(&Sha256::digest(names.as_bytes())[..16]);
        let scope = vec![("items", items.clone()), ("idempotency_key", Datum::text(&name))];
        let parts = Parts {
            method: Some(batch.method.or(operation.method).unwrap_or(Method::Post)),
            path: batch.path.as_ref().unwrap_or(&operation.path),
            query: &operation.query,
            headers: &operation.headers,
            body: batch.body.as_ref(),
        };
        let mut request = request(&self.connection, parts, &scope, name.clone());
        if request.body.is_none() {
            request.body = Some((items.to_json().into_bytes(), "application/json"));
        }
        self.named(request, name)
    }

    fn named(&self, mut request: Request, name: String) -> Request {
        request.headers.extend(self.write.idempotency.as_ref().map(|header| (header.to_string(), name)));
        request
    }

    /// The platform has answered well: each row of the request has its result.
    fn done(&self, unit: &Unit, answer: Option<&Answer>, page: &Page, dispatch: &mut Dispatch<'_>) {
        let Some((operation, _)) = self.operation(unit.kind) else { return };
        let text = answer.map(|answer| String::from_utf8_lossy(&answer.body)).unwrap_or_default();
        let batch = operation.batch.as_ref().filter(|batch| unit.rows.len() > 1 || batch.always);
        let results = batch.and_then(|batch| Some((batch, batch.results.as_ref()?)));
        let Some((batch, path)) = results else {
            let id = operation.id.as_ref().filter(|_| unit.rows.len() == 1).and_then(|path| select::text(&text, path));
            let of_header =
                |answer: &Answer| answer.header("location").and_then(|at| at.rsplit('/').next().map(str::to_owned));
            let id = match &operation.id {
                Some(path) if path.as_str() == "header location" => answer.and_then(of_header),
                _ => id,
            };
            for row in &unit.rows {
                dispatch.taken(page.change(*row), &page.key_text(dispatch.keyed, *row), id.clone());
            }
            return;
        };
        let found = select::records(&text, path, false).unwrap_or_default();
        for (index, row) in unit.rows.iter().enumerate() {
            let result = match &batch.matching {
                None => found.get(index).copied(),
                Some(matching) => {
                    let scope = RowScope::new(page, *row, dispatch, None);
                    let own = scope.get(&matching.column).unwrap_or(Datum::Null).to_text();
                    found.iter().copied().find(|result| {
                        select::text(result, &matching.path).is_some_and(|value| value.eq_ignore_ascii_case(&own))
                    })
                }
            };
            judged(operation, batch, result, *row, page, dispatch);
        }
    }
}

/// What a result says of its row.
fn judged(
    operation: &OperationSpec,
    batch: &BatchSpec,
    result: Option<&str>,
    row: usize,
    page: &Page,
    dispatch: &mut Dispatch<'_>,
) {
    let Some(result) = result else {
        return refuse(dispatch, page, row, 200, "the answer has no result for the row");
    };
    let error = batch.error.as_ref().and_then(|path| select::raw(result, path));
    if let Some(error) = error.filter(|error| !matches!(*error, "null" | "false" | "\"\"" | "[]" | "{}")) {
        let said = select::text(error, "").unwrap_or_else(|| error.to_owned());
        return refuse(dispatch, page, row, 200, &said);
    }
    let id = batch.id.as_ref().or(operation.id.as_ref()).and_then(|path| select::text(result, path));
    dispatch.taken(page.change(row), &page.key_text(dispatch.keyed, row), id);
}

/// Whether a request needs the name that the platform gave to the row.
fn needs_id(operation: &OperationSpec) -> bool {
    operation.path.uses("remote_id") || operation.query.values().any(|words| words.uses("remote_id"))
}

fn refuse(dispatch: &mut Dispatch<'_>, page: &Page, row: usize, status: u16, said: &str) {
    let said = said.chars().take(300).collect::<String>();
    let message = format!("the platform refused the row (status {status}): {said}");
    let message_it = format!("la piattaforma ha rifiutato la riga (stato {status}): {said}");
    dispatch.refused(page, row, message, message_it);
}

fn unknown(failure: &Failure) -> NodeError {
    let mut error = NodeError::new(Code::WriteFailed, failure.to_string())
        .help("run again: what has no answer is looked for, or sent again with the same idempotency key");
    error.retry = Retry::Transient { after: None };
    error
}
