//! Events of the parser to nodes of one file: aliases, keys, tags and places.

use std::collections::HashMap;

use serde_yaml::granit_parser::{Event, Options, Parser, ScalarStyle, Span, StrInput, Tag as ParserTag};

use crate::diag::{Code, Diagnostic, FileId, Place, Text, did_you_mean};
use crate::spec::yaml::align::align;
use crate::spec::yaml::node::{Node, Tag, Value};
use crate::spec::yaml::read::Reader;
use crate::spec::yaml::syntax;

/// Levels of lists and mappings.
const MAX_DEPTH: usize = 64;

const TAGS: [&str; 5] = ["!env", "!secret", "!param", "!include", "!!str"];

/// The reading of one file.
pub(super) struct Builder<'t, 'b, 'r> {
    parser: Parser<'t, StrInput<'t>>,
    file: FileId,
    source: &'t str,
    anchors: HashMap<usize, Anchored>,
    reader: &'b mut Reader<'r>,
}

/// A node that an alias may repeat, with what repeating it costs.
struct Anchored {
    node: Node,
    weight: usize,
    depth: usize,
}

type Step<'t> = (Event<'t>, Span);

impl<'t, 'b, 'r> Builder<'t, 'b, 'r> {
    pub(super) fn new(file: FileId, source: &'t str, reader: &'b mut Reader<'r>) -> Self {
        let mut options = Options::default();
        options.set_emit_comments(false);
        Self {
            parser: Parser::new_from_str_with_options(source, options),
            file,
            source,
            anchors: HashMap::new(),
            reader,
        }
    }

    /// The only document of the file.
    pub(super) fn document(&mut self) -> Result<Node, Diagnostic> {
        let mut node = Node::new(Place::between(self.file, 0, 0), Value::Null);
        let mut documents = 0;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(node),
                Event::DocumentStart(..) if documents > 0 => {
                    return Err(self.second_document(span));
                }
                Event::DocumentStart(..) => {
                    documents += 1;
                    let step = self.next()?;
                    node = self.node(step, 0)?;
                }
                _ => {}
            }
        }
    }

    fn second_document(&self, span: Span) -> Diagnostic {
        let message = "a second document begins here";
        Diagnostic::error(Code::YamlSyntax, self.place(span), message)
            .help("one file holds one document; remove the `---`, or split the file")
    }

    fn next(&mut self) -> Result<Step<'t>, Diagnostic> {
        match self.parser.next_event() {
            Some(Ok(step)) => Ok(step),
            Some(Err(error)) => Err(syntax::diagnostic(&error, self.file, self.source)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, (event, span): Step<'t>, depth: usize) -> Result<Node, Diagnostic> {
        let place = self.place(span);
        if depth > MAX_DEPTH {
            return Err(too_deep(place));
        }
        let before = self.reader.weight;
        self.reader.charge(1, place)?;
        let anchor = event.anchor_id();
        let node = match event {
            Event::Alias(id) => return self.alias(id, place, depth),
            Event::Scalar(text, style, _, tag) => {
                self.reader.charge(text.len(), place)?;
                self.scalar(&text, style, tag.as_deref(), span)?
            }
            Event::SequenceStart(_, _, tag) => {
                self.refuse_tag(tag.as_deref(), span);
                self.sequence(span, depth)?
            }
            Event::MappingStart(_, _, tag) => {
                self.refuse_tag(tag.as_deref(), span);
                self.mapping(span, depth)?
            }
            _ => Node::new(place, Value::Null),
        };
        if let Some(anchor) = anchor {
            let anchored = Anchored { node: node.clone(), weight: self.reader.weight - before, depth: depth_of(&node) };
            self.anchors.insert(anchor, anchored);
        }
        Ok(node)
    }

    fn alias(&mut self, id: usize, place: Place, depth: usize) -> Result<Node, Diagnostic> {
        let Some(anchored) = self.anchors.get(&id) else {
            let message = "an alias within its own anchor never ends";
            return Err(Diagnostic::error(Code::YamlBudget, place, message));
        };
        if depth + anchored.depth > MAX_DEPTH {
            return Err(too_deep(place));
        }
        self.reader.charge(anchored.weight, place)?;
        let mut node = anchored.node.clone();
        node.place = place;
        Ok(node)
    }

    fn sequence(&mut self, span: Span, depth: usize) -> Result<Node, Diagnostic> {
        let mut items = Vec::new();
        loop {
            let (event, end) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                let first = items.first().map(|item: &Node| item.place);
                let place = self.outline(self.place(span), first, end);
                return Ok(Node::new(place, Value::Sequence(items)));
            }
            items.push(self.node((event, end), depth + 1)?);
        }
    }

    fn mapping(&mut self, span: Span, depth: usize) -> Result<Node, Diagnostic> {
        let mut entries: Vec<(Text, Node)> = Vec::new();
        let mut seen: HashMap<String, Place> = HashMap::new();
        loop {
            let (event, end) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                let first = entries.first().map(|(key, node)| self.on_one_line(key.place(), node.place));
                let place = self.outline(self.place(span), first, end);
                return Ok(Node::new(place, Value::Mapping(entries)));
            }
            let key = self.key((event, end), depth)?;
            let step = self.next()?;
            let mut node = self.node(step, depth + 1)?;
            let Some(key) = key else { continue };
            if node.is_null() && node.place.len == 0 {
                node.place = key.place();
            }
            if let Some(&first) = seen.get(key.as_str()) {
                self.reader.note(duplicate_key(&key, first));
                continue;
            }
            seen.insert(key.to_string(), key.place());
            entries.push((key, node));
        }
    }

    /// The key of an entry; `None`, with a diagnostic, when it is not a plain word.
    fn key(&mut self, (event, span): Step<'t>, depth: usize) -> Result<Option<Text>, Diagnostic> {
        let place = self.place(span);
        match event {
            Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<" => {
                let message = "merge keys `<<` are not part of the language";
                self.reader.note(
                    Diagnostic::error(Code::Unsupported, place, message)
                        .help("write the keys out, or give the whole mapping by an alias"),
                );
                Ok(None)
            }
            Event::Scalar(text, style, _, None) if place.len > 0 => {
                self.reader.charge(text.len() + 1, place)?;
                Ok(Some(self.text(&text, style, span)))
            }
            other => {
                self.reader.note(Diagnostic::error(Code::YamlSyntax, place, "a key must be a plain word"));
                self.node((other, span), depth + 1)?;
                Ok(None)
            }
        }
    }

    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        tag: Option<&ParserTag>,
        span: Span,
    ) -> Result<Node, Diagnostic> {
        let plain = style == ScalarStyle::Plain;
        let text = self.text(value, style, span);
        match tag {
            Some(tag) => self.tagged(text, tag, span),
            None if plain && matches!(value, "" | "~" | "null" | "Null" | "NULL") => {
                Ok(Node::new(text.place(), Value::Null))
            }
            None => {
                let quoted = !plain;
                Ok(Node::new(text.place(), Value::Scalar { text, quoted }))
            }
        }
    }

    fn tagged(&mut self, text: Text, tag: &ParserTag, span: Span) -> Result<Node, Diagnostic> {
        let tag_place = self.tag_place(span);
        let place = tag_place.to(text.place());
        let known = match (tag.handle(), tag.suffix()) {
            ("!", "env") => Some(Tag::Env),
            ("!", "secret") => Some(Tag::Secret),
            ("!", "param") => Some(Tag::Param),
            ("!", "include") => None,
            _ if tag.core_suffix() == Some("str") => {
                return Ok(Node::new(place, Value::Scalar { text, quoted: true }));
            }
            _ => {
                self.unknown_tag(tag_place);
                return Ok(Node::new(place, Value::Null));
            }
        };
        if text.trim().is_empty() {
            self.nameless_tag(tag_place);
            return Ok(Node::new(place, Value::Null));
        }
        if known.is_none() {
            let included = self.reader.include(&text, place)?;
            return Ok(included.unwrap_or_else(|| Node::new(place, Value::Null)));
        }
        Ok(Node { place, tag: known, value: Value::Scalar { text, quoted: true } })
    }

    /// Notes a tag before a list or a mapping, where none has a meaning.
    fn refuse_tag(&mut self, tag: Option<&ParserTag>, span: Span) {
        let place = self.tag_place(span);
        match tag {
            None => {}
            Some(_) if TAGS.contains(&self.slice(place)) => self.nameless_tag(place),
            Some(_) => self.unknown_tag(place),
        }
    }

    fn nameless_tag(&mut self, place: Place) {
        let message = format!("`{}` must be followed by a name", self.slice(place));
        let nameless = Diagnostic::error(Code::UnknownTag, place, message);
        self.reader.note(nameless);
    }

    fn unknown_tag(&mut self, place: Place) {
        let written = self.slice(place);
        let unknown = Diagnostic::error(Code::UnknownTag, place, format!("unknown tag `{written}`"))
            .helps(did_you_mean(written, TAGS))
            .help("known tags: `!env NAME`, `!secret name`, `!param name`, `!include file`");
        self.reader.note(unknown);
    }

    fn text(&self, value: &str, style: ScalarStyle, span: Span) -> Text {
        let place = self.place(span);
        let raw = self.slice(place);
        let segments = align(value, raw, place.start as usize, style);
        let shown = Place::between(self.file, place.start as usize, place.start as usize + raw.trim_end().len());
        Text::with_segments(value, shown, &segments)
    }

    /// The place of a collection: from its start over its first child, or to its end, but never
    /// beyond the first line.
    fn outline(&self, start: Place, first: Option<Place>, end: Span) -> Place {
        let end = self.place(end);
        let whole = match first {
            // A flow collection ends in a bracket, a block collection in nothing.
            Some(first) if end.len == 0 => self.on_one_line(start, first),
            _ => start.to(end),
        };
        let line = self.slice(whole).lines().next().unwrap_or("");
        let begin = whole.start as usize;
        Place::between(self.file, begin, begin + line.trim_end().len())
    }

    /// Both places together if they are in one line, else the first alone.
    fn on_one_line(&self, first: Place, second: Place) -> Place {
        let both = first.to(second);
        if second.start < first.start || self.slice(both).contains('\n') {
            return first;
        }
        both
    }

    fn place(&self, span: Span) -> Place {
        span.byte_range()
            .map_or(Place::between(self.file, 0, 0), |range| Place::between(self.file, range.start, range.end))
    }

    fn tag_place(&self, span: Span) -> Place {
        span.tag_span().map_or_else(|| self.place(span), |tag| self.place(tag))
    }

    fn slice(&self, place: Place) -> &'t str {
        let range = place.start as usize..place.end() as usize;
        self.source.get(range).unwrap_or("")
    }
}

fn too_deep(place: Place) -> Diagnostic {
    let message = format!("the document is more than {MAX_DEPTH} levels deep");
    Diagnostic::error(Code::YamlBudget, place, message)
}

fn duplicate_key(key: &Text, first: Place) -> Diagnostic {
    let message = format!("the key `{key}` is written twice");
    Diagnostic::error(Code::DuplicateKey, key.place(), message)
        .related(first, "first written here")
        .help("keep one of the two")
}

/// Levels of lists and mappings below a node.
fn depth_of(node: &Node) -> usize {
    let below = match &node.value {
        Value::Null | Value::Scalar { .. } => return 0,
        Value::Sequence(items) => items.iter().map(depth_of).max(),
        Value::Mapping(entries) => entries.iter().map(|(_, node)| depth_of(node)).max(),
    };
    below.map_or(1, |depth| depth + 1)
}
