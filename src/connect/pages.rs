//! Reading a list: requests page by page, to the end and no further.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sha2::{Digest as _, Sha256};

use crate::connect::client::{Asked, Client, Reply};
use crate::connect::datum::{Datum, Layered, Scope};
use crate::connect::render::{Parts, add_parameter, request};
use crate::connect::select;
use crate::connect::spec::Resource;
use crate::connect::spec::paging::PagingSpec;
use crate::connect::spec::read::ReadSpec;
use crate::context::NodeError;
use crate::diag::{Code, Text};
use crate::domain::calendar::duration::parse_duration;
use crate::io::http::{Answer, Request};

/// Pages after which a list without end is suspected of being none.
const MOST_PAGES: u64 = 10_000_000;

/// Records of a page when nothing says it.
const SIZE: u64 = 100;

/// What is read, and from where to where.
pub struct Reading<'a> {
    /// Sends the requests.
    pub client: &'a Client,
    /// What is read.
    pub resource: &'a Resource,
    /// Where an incremental extract begins.
    pub since: Datum,
    /// Where it ends.
    pub until: Datum,
    /// Set when the run is told to stop.
    pub cancelled: Arc<AtomicBool>,
}

/// A record as it came.
pub struct Record<'j> {
    /// The record.
    pub json: &'j str,
    /// The record that it was listed for, or is nested in.
    pub parent: Option<&'j str>,
    /// Position in the nested list, from 1.
    pub position: Option<usize>,
    /// Where it stands: page and index.
    pub place: (u64, usize),
}

/// What takes records.
pub type Sink<'s> = &'s mut dyn FnMut(Record<'_>) -> Result<(), NodeError>;

/// The fields of the record that another list is read for.
struct Parent<'j>(Option<&'j str>);

impl Scope for Parent<'_> {
    fn get(&self, name: &str) -> Option<Datum> {
        Some(field(self.0?, name.strip_prefix("parent.")?))
    }
}

/// A field of a record as a value.
#[must_use]
pub fn field(json: &str, path: &str) -> Datum {
    match select::raw(json, path) {
        None | Some("null") => Datum::Null,
        Some(raw) if raw.starts_with('"') => Datum::Text(select::text(raw, "").unwrap_or_default()),
        Some(raw) if raw.starts_with(['{', '[']) => Datum::Json(raw.to_owned()),
        Some(raw @ ("true" | "false")) => Datum::Bool(raw == "true"),
        Some(raw) => Datum::Number(raw.to_owned()),
    }
}

impl Reading<'_> {
    /// Reads everything.
    ///
    /// # Errors
    /// The platform cannot be reached, refuses, or pages in circles; the sink fails.
    pub fn run(&self, sink: Sink<'_>) -> Result<(), NodeError> {
        let Some(read) = &self.resource.read else { return Ok(()) };
        match &read.for_each {
            None => self.windows(read, None, &mut 0, sink),
            Some(name) => {
                let Some(parent) = self.client.connection.connector.resources.get(name.as_str()) else { return Ok(()) };
                // The parents are all read, whatever of the children is new.
                let inner = Reading {
                    client: self.client,
                    resource: parent,
                    since: Datum::Null,
                    until: self.until.clone(),
                    cancelled: Arc::clone(&self.cancelled),
                };
                let mut page = 0;
                inner.run(&mut |record| self.windows(read, Some(record.json), &mut page, sink))
            }
        }
    }

    /// Spans of time one after the other, when the platform allows only short ones.
    fn windows(&self, read: &ReadSpec, parent: Option<&str>, page: &mut u64, sink: Sink<'_>) -> Result<(), NodeError> {
        let span = read.window.as_ref().and_then(|text| parse_duration(text));
        let (Some(span), Datum::Timestamp(since), Datum::Timestamp(until)) = (span, &self.since, &self.until) else {
            return self.list(read, parent, (&self.since, &self.until), page, sink);
        };
        let span = i64::try_from(span.as_micros()).unwrap_or(i64::MAX).max(1_000_000);
        let mut from = *since;
        while from < *until {
            let to = from.saturating_add(span).min(*until);
            self.list(read, parent, (&Datum::Timestamp(from), &Datum::Timestamp(to)), page, sink)?;
            from = to;
        }
        Ok(())
    }

    fn list(
        &self,
        read: &ReadSpec,
        parent: Option<&str>,
        (since, until): (&Datum, &Datum),
        number: &mut u64,
        sink: Sink<'_>,
    ) -> Result<(), NodeError> {
        let paging = read.paging.as_ref().or(self.client.connection.connector.paging.as_ref());
        let mut pager = Pager::new(paging);
        let mut seen = Seen::default();
        while let Some(step) = pager.next() {
            let fixed = vec![("since", since.clone()), ("until", until.clone())];
            let parent_scope = Parent(parent);
            let (outer, inner) = (Layered(&fixed, &parent_scope), step.scope());
            let scope = Layered(&inner, &outer);
            let request = self.request(read, &step, &scope)?;
            let asked = Asked { request: request.clone(), rules: &read.errors, repeatable: true };
            let reply = self.client.ask(asked, &self.cancelled);
            if matches!(reply, Reply::Refused { status: 404, stop: false, .. }) && pager.may_be_past_the_end() {
                return Ok(());
            }
            let Some(answer) = reply.answer(Code::SourceFailed)? else { return Ok(()) };
            *number += 1;
            let text = std::str::from_utf8(&answer.body);
            let text = text.map_err(|_| garbled(&request, "it is not UTF-8"))?;
            if text.trim().is_empty() {
                return Ok(());
            }
            let path = read.records.as_ref().map_or("", Text::as_str);
            let records = select::records(text, path, read.keyed).map_err(|error| garbled(&request, &error))?;
            if !records.is_empty() && seen.again(&records) {
                let message = format!("{request:?}: the page came before: the list goes in circles");
                let help = "is the parameter of the page the right one? `paging` of the connector says it";
                return Err(NodeError::new(Code::SourceFailed, message).help(help));
            }
            for (index, record) in records.iter().enumerate() {
                rows_of(read, record, parent, (*number, index + 1), sink)?;
            }
            pager.came(&answer, text, &records, &request)?;
        }
        Ok(())
    }

    fn request(&self, read: &ReadSpec, step: &Step, scope: &dyn Scope) -> Result<Request, NodeError> {
        let parts = Parts {
            method: read.method,
            path: &read.path,
            query: &read.query,
            headers: &read.headers,
            body: read.body.as_ref(),
        };
        let name = format!("{} {}", self.client.connection.name, read.path.text);
        let mut request = request(&self.client.connection, parts, scope, name);
        if let Some(next) = &step.url {
            request.url = next_url(&request.url, next).ok_or_else(|| {
                let message = format!("{request:?}: the next page is at `{next}`, on another host");
                NodeError::new(Code::SourceFailed, message).help("credentials are sent to the host of `base_url` alone")
            })?;
            return Ok(request);
        }
        if step.alone {
            let end = request.url.find('?').unwrap_or(request.url.len());
            request.url.truncate(end);
        }
        for (name, value) in &step.query {
            add_parameter(&mut request.url, name, value);
        }
        Ok(request)
    }
}

/// The rows of a record: itself, or the items of a list in it.
fn rows_of(
    read: &ReadSpec,
    record: &str,
    parent: Option<&str>,
    place: (u64, usize),
    sink: Sink<'_>,
) -> Result<(), NodeError> {
    let record = match &read.inside {
        Some(path) => select::raw(record, path).unwrap_or("null"),
        None => record,
    };
    let Some(path) = &read.explode else { return sink(Record { json: record, parent, position: None, place }) };
    let items = select::records(record, path, false).unwrap_or_default();
    for (index, json) in items.into_iter().enumerate() {
        sink(Record { json, parent: Some(record), position: Some(index + 1), place })?;
    }
    Ok(())
}

fn garbled(request: &Request, why: &str) -> NodeError {
    NodeError::new(Code::SourceFailed, format!("{request:?}: the answer is not what was expected: {why}"))
        .help("when it is cut short, ask for smaller pages; else look at `records` of the connector")
}

/// The address of the next page, when it is of the same host.
fn next_url(present: &str, next: &str) -> Option<String> {
    let present = reqwest::Url::parse(present).ok()?;
    let next = present.join(next).ok()?;
    (next.origin() == present.origin()).then(|| next.to_string())
}

/// Pages that came, by their content.
#[derive(Default)]
struct Seen(HashSet<[u8; 16]>);

impl Seen {
    fn again(&mut self, records: &[&str]) -> bool {
        let mut digest = Sha256::new();
        for record in records {
            digest.update(record.as_bytes());
            digest.update([0]);
        }
        let whole = digest.finalize();
        let mut half = [0; 16];
        half.copy_from_slice(&whole[..16]);
        !self.0.insert(half)
    }
}

/// Where the next request goes on.
#[derive(Clone, Debug, Default)]
struct Step {
    query: Vec<(String, String)>,
    url: Option<String>,
    alone: bool,
    page: Datum,
    offset: Datum,
    limit: Datum,
    cursor: Datum,
}

impl Step {
    fn scope(&self) -> Vec<(&'static str, Datum)> {
        let Self { page, offset, limit, cursor, .. } = self.clone();
        vec![("page", page), ("offset", offset), ("limit", limit), ("cursor", cursor)]
    }

    fn with(mut self, name: Option<&str>, value: &Datum) -> Self {
        self.query.extend(name.map(|name| (name.to_owned(), value.to_text())));
        self
    }
}

/// Goes from page to page.
struct Pager<'p> {
    paging: Option<&'p PagingSpec>,
    next: Option<Step>,
    number: u64,
    read: u64,
    full: u64,
    marks: HashSet<String>,
}

impl<'p> Pager<'p> {
    fn new(paging: Option<&'p PagingSpec>) -> Self {
        let mut pager = Self { paging, next: None, number: 0, read: 0, full: 0, marks: HashSet::new() };
        pager.next = Some(pager.step(Datum::Null));
        pager
    }

    fn next(&mut self) -> Option<Step> {
        self.next.take()
    }

    /// Whether a page that is not there may only mean that the one before was the last.
    fn may_be_past_the_end(&self) -> bool {
        self.number > 0 && matches!(self.paging, Some(PagingSpec::Page(_) | PagingSpec::Offset(_)))
    }

    /// The request of the present page; `mark` is what the last answer or record gave.
    fn step(&self, mark: Datum) -> Step {
        let sized = |param: &'p Option<Text>, size: Option<u64>| {
            let limit = Datum::number(size.unwrap_or(SIZE));
            let step = Step { limit: limit.clone(), ..Step::default() };
            step.with(param.as_ref().map(Text::as_str), &limit)
        };
        match self.paging {
            None | Some(PagingSpec::None | PagingSpec::Next(_)) => Step::default(),
            Some(PagingSpec::Page(spec)) => {
                let page = Datum::number(spec.first.unwrap_or(1) + self.number);
                let param = spec.param.as_ref().map_or("page", Text::as_str);
                let step = sized(&spec.size_param, spec.size.map(|size| size.value))
                    .with((!spec.in_body).then_some(param), &page);
                Step { page, ..step }
            }
            Some(PagingSpec::Offset(spec)) => {
                let offset = Datum::number(self.read);
                let size = Datum::number(spec.size.map_or(SIZE, |size| size.value));
                let param = |text: &'p Option<Text>, usual| text.as_ref().map_or(usual, Text::as_str);
                let step = Step { limit: size.clone(), offset: offset.clone(), ..Step::default() };
                if spec.in_body {
                    return step;
                }
                let step = step.with(Some(param(&spec.size_param, "limit")), &size);
                step.with(Some(param(&spec.param, "offset")), &offset)
            }
            Some(PagingSpec::Cursor(spec)) => {
                let step = sized(&spec.size_param, spec.size.map(|size| size.value));
                let param = spec.param.as_ref().filter(|_| !mark.is_null()).map(Text::as_str);
                let alone = spec.alone && !mark.is_null();
                let step = step.with(param, &mark);
                Step { cursor: mark, alone, ..step }
            }
            Some(PagingSpec::LastId(spec)) => {
                let step = sized(&spec.size_param, spec.size.map(|size| size.value));
                let param = spec.param.as_ref().filter(|_| !mark.is_null()).map(Text::as_str);
                let step = step.with(param, &mark);
                Step { cursor: mark, ..step }
            }
            Some(PagingSpec::Link(spec)) => sized(&spec.size_param, spec.size.map(|size| size.value)),
        }
    }

    /// Looks at an answer, and whether there is more.
    fn came(&mut self, answer: &Answer, text: &str, records: &[&str], request: &Request) -> Result<(), NodeError> {
        let count = records.len() as u64;
        self.number += 1;
        self.read += count;
        if self.number == 1 {
            self.full = count;
        }
        let more = |path: &Option<Text>| {
            path.as_ref().is_none_or(|path| said(answer, text, path).is_some_and(|more| more == "true" || more == "1"))
        };
        let mut next = match self.paging {
            None | Some(PagingSpec::None) => None,
            Some(PagingSpec::Page(spec)) => {
                let size = spec.size.map(|size| size.value);
                let size = size.or(spec.size_param.as_ref().map(|_| SIZE)).unwrap_or(self.full);
                let last = spec.last.as_ref().and_then(|path| said(answer, text, path)?.parse::<u64>().ok());
                let present = spec.first.unwrap_or(1) + self.number - 1;
                let more = last.map_or(count > 0 && count >= size, |last| present < last && count > 0);
                more.then(|| self.step(Datum::Null))
            }
            Some(PagingSpec::Offset(spec)) => {
                let size = spec.size.map_or(SIZE, |size| size.value);
                let total = spec.total.as_ref().and_then(|path| said(answer, text, path)?.parse::<u64>().ok());
                let more = total.map_or(count >= size, |total| self.read < total && count > 0);
                more.then(|| self.step(Datum::Null))
            }
            Some(PagingSpec::Cursor(spec)) => {
                let mark = said(answer, text, &spec.path)
                    .filter(|mark| !mark.is_empty() && mark != "null" && more(&spec.more));
                self.marked(mark, request)?
            }
            Some(PagingSpec::LastId(spec)) => {
                let path = spec.path.as_ref().map_or("id", Text::as_str);
                let is_full = match (&spec.more, spec.size) {
                    (Some(_), _) => more(&spec.more),
                    (None, size) => {
                        let size = size.map(|size| size.value).or(spec.size_param.as_ref().map(|_| SIZE));
                        count > 0 && count >= size.unwrap_or(1)
                    }
                };
                let mark = records.last().filter(|_| is_full).and_then(|record| select::text(record, path));
                self.marked(mark, request)?
            }
            Some(PagingSpec::Next(spec)) => {
                let url = said(answer, text, &spec.path).filter(|url| !url.is_empty());
                self.at(url, request)?
            }
            Some(PagingSpec::Link(_)) => self.at(answer.header("link").and_then(next_link), request)?,
        };
        if self.number >= MOST_PAGES {
            next = None;
        }
        self.next = next;
        Ok(())
    }

    fn marked(&mut self, mark: Option<String>, request: &Request) -> Result<Option<Step>, NodeError> {
        let Some(mark) = mark else { return Ok(None) };
        self.once(&mark, request)?;
        Ok(Some(self.step(Datum::Text(mark))))
    }

    fn at(&mut self, url: Option<String>, request: &Request) -> Result<Option<Step>, NodeError> {
        let Some(url) = url else { return Ok(None) };
        self.once(&url, request)?;
        Ok(Some(Step { url: Some(url), ..Step::default() }))
    }

    fn once(&mut self, mark: &str, request: &Request) -> Result<(), NodeError> {
        if self.marks.insert(mark.to_owned()) {
            return Ok(());
        }
        let message =
            format!("{request:?}: the mark of the next page, `{mark}`, came before: the list goes in circles");
        Err(NodeError::new(Code::SourceFailed, message).help("is `paging` of the connector right?"))
    }
}

/// A value of an answer: at a path, or of `header NAME`.
fn said(answer: &Answer, text: &str, path: &str) -> Option<String> {
    match path.strip_prefix("header ") {
        Some(name) => answer.header(name.trim()).map(str::to_owned),
        None => select::text(text, path),
    }
}

/// The address of `rel="next"` in a `Link` header.
fn next_link(header: &str) -> Option<String> {
    let next = header.split(',').find(|link| {
        link.split(';').skip(1).any(|part| {
            let part = part.trim().replace('"', "");
            part.eq_ignore_ascii_case("rel=next")
        })
    })?;
    let start = next.find('<')?;
    let end = next.find('>')?;
    next.get(start + 1..end).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_of_the_same_host() {
        let present = "https://a.example/api/orders?page=1";
        assert_eq!(next_url(present, "/api/orders?page=2").as_deref(), Some("https://a.example/api/orders?page=2"));
        assert_eq!(next_url(present, "?page=2").as_deref(), Some("https://a.example/api/orders?page=2"));
        assert_eq!(next_url(present, "https://b.example/api/orders?page=2"), None);
    }

    #[test]
    fn links_have_their_relation() {
        let header = r#"<https://a.example/?p=1>; rel="prev", <https://a.example/?p=3>; rel="next""#;
        assert_eq!(next_link(header).as_deref(), Some("https://a.example/?p=3"));
        assert_eq!(next_link(r#"<https://a.example/?p=1>; rel="prev""#), None);
    }

    #[test]
    fn fields_of_a_parent_keep_their_type() {
        let record = r#"{"id": 12, "n": "x", "a": {"b": [1]}, "none": null}"#;
        assert_eq!(Parent(Some(record)).get("parent.id"), Some(Datum::Number("12".into())));
        assert_eq!(Parent(Some(record)).get("parent.n"), Some(Datum::text("x")));
        assert_eq!(Parent(Some(record)).get("parent.a.b"), Some(Datum::Json("[1]".into())));
        assert_eq!(Parent(Some(record)).get("parent.none"), Some(Datum::Null));
        assert_eq!(Parent(Some(record)).get("id"), None);
    }
}
