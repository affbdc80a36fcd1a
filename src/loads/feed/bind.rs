//! A feed made ready: its channel, its settings, the column of each field.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::context::{BindCx, Counter};
use crate::diag::{Code, Diagnostic, Text, did_you_mean, suggest};
use crate::domain::feeds::channel::{SettingKind, SettingSpec};
use crate::domain::feeds::{Channel, FieldKind, FieldSpec, Writer, url};
use crate::domain::ids::simple;
use crate::domain::types::{Schema, Type};
use crate::loads::feed::check::{self, COMMON_SETTINGS};
use crate::loads::feed::guard::Limits;
use crate::loads::feed::value::{self, Field, Source};
use crate::loads::feed::{FeedLoad, FeedMode, Only, Remember, builtin, writers};
use crate::loads::file::Compress;
use crate::loads::format::template::OutputPath;

/// A feed made ready.
pub struct BoundFeed {
    /// Name of the channel.
    pub name: String,
    /// What it asks.
    pub channel: Arc<Channel>,
    /// The form of the file.
    pub writer: Writer,
    /// Whether only rows that changed are written.
    pub delta: bool,
    /// Whether only prices and quantities are.
    pub offers_only: bool,
    /// Settings by name; `None` for one that nobody gave.
    pub settings: IndexMap<String, Option<String>>,
    /// Columns that the feed reads.
    pub types: Vec<(String, Type)>,
    /// Fields that take part; cut texts are counted per run.
    pub fields: Vec<Field>,
    /// Where to write.
    pub path: String,
    /// Whether the file is compressed.
    pub gzip: bool,
    /// Under which name the last feed is remembered.
    pub history: Remember,
    /// What stops the feed.
    pub limits: Limits,
}

/// Checks a feed against its channel and the columns of its table, reporting every problem.
#[must_use]
pub fn bind(load: &FeedLoad, input: &Schema, cx: &BindCx) -> Option<BoundFeed> {
    let channel = channel_of(load, cx)?;
    let before = cx.reported();
    let binder = Binder { load, channel: &channel, input, cx };
    let writer = binder.writer();
    let settings = binder.settings();
    let path = binder.path();
    let (types, fields) = binder.fields(writer.as_ref(), settings.get("currency").cloned().flatten().as_deref());
    let limits = load.guard.bind(cx);
    if load.history == Remember::No && load.mode == FeedMode::Delta {
        cx.error(Code::BadValue, &load.channel, "a `delta` compares with the last feed, and `history` is `false`");
    }
    if cx.reported() > before {
        return None;
    }
    let named_gzip = load.path.to_ascii_lowercase().ends_with(".gz");
    Some(BoundFeed {
        name: load.channel.to_string(),
        writer: writer?,
        delta: load.mode == FeedMode::Delta,
        offers_only: load.only == Only::Offers,
        settings,
        types,
        fields,
        path: path?,
        gzip: load.compress.map_or(named_gzip, |compress| compress == Compress::Gzip),
        history: load.history.clone(),
        limits,
        channel,
    })
}

/// The description that the plan has read, or one that is part of the program; nothing when there is none.
pub fn known_channel(load: &FeedLoad, cx: &BindCx) -> Option<Arc<Channel>> {
    cx.channel.clone().or_else(|| builtin::channel(&load.channel)?.ok())
}

/// The column that gives a field, when the table has it.
pub fn column_of(load: &FeedLoad, channel: &Channel, name: &Text, input: &Schema) -> Option<String> {
    let usual = channel.fields.get(name.as_str()).and_then(|field| field.value.column.as_deref());
    let column = load.columns.get(name.as_str()).map(Text::as_str).or(usual)?;
    input.contains(column).then(|| column.to_owned())
}

/// The description that the plan has read, or one that is part of the program.
fn channel_of(load: &FeedLoad, cx: &BindCx) -> Option<Arc<Channel>> {
    if let Some(channel) = &cx.channel {
        return Some(Arc::clone(channel));
    }
    match builtin::channel(&load.channel) {
        Some(Ok(channel)) => Some(channel),
        Some(Err(error)) => {
            cx.error(Code::Internal, &load.channel, error);
            None
        }
        None => {
            let problem = Diagnostic::error(
                Code::UnknownKind,
                load.channel.place(),
                format!("unknown channel `{}`", load.channel),
            );
            let problem = problem.helps(did_you_mean(&load.channel, builtin::names()));
            cx.report(problem.help(suggest::known("channels", builtin::names())));
            None
        }
    }
}

struct Binder<'b> {
    load: &'b FeedLoad,
    channel: &'b Channel,
    input: &'b Schema,
    cx: &'b BindCx<'b>,
}

impl Binder<'_> {
    fn writer(&self) -> Option<Writer> {
        let formats = &self.channel.formats;
        let Some(wanted) = &self.load.format else { return formats.first().map(|(_, writer)| writer.value.clone()) };
        let found = formats.get(wanted.as_str()).map(|writer| writer.value.clone());
        if found.is_none() {
            let names = || formats.keys().map(Text::as_str);
            let message = format!("{} has no format `{wanted}`", self.channel.title);
            let problem = Diagnostic::error(Code::UnknownKind, wanted.place(), message);
            let problem = problem.helps(did_you_mean(wanted, names())).help(suggest::known("formats", names()));
            self.cx.report(problem);
        }
        found
    }

    fn settings(&self) -> IndexMap<String, Option<String>> {
        let common = COMMON_SETTINGS.iter().map(|(name, default)| {
            let kind = if *name == "currency" { SettingKind::Currency } else { SettingKind::Country };
            let spec = SettingSpec { default: Some(Text::from(*default)), kind, ..SettingSpec::default() };
            ((*name).to_owned(), spec)
        });
        let own = self.channel.settings.iter().map(|(name, spec)| (name.to_string(), spec.value.clone()));
        let specs: IndexMap<String, SettingSpec> = common.chain(own).collect();
        for name in self.load.settings.keys().filter(|name| !specs.contains_key(name.as_str())) {
            let names = || specs.keys().map(String::as_str);
            let message = format!("{} has no setting `{name}`", self.channel.title);
            let problem = Diagnostic::error(Code::UnknownKey, name.place(), message);
            self.cx.report(problem.helps(did_you_mean(name, names())).help(suggest::known("settings", names())));
        }
        specs.iter().map(|(name, spec)| (name.clone(), self.setting(name, spec))).collect()
    }

    fn setting(&self, name: &str, spec: &SettingSpec) -> Option<String> {
        let given = self.load.settings.get(name).filter(|text| !text.trim().is_empty());
        if given.is_none() && spec.required {
            let message = format!("{} needs the setting `{name}`", self.channel.title);
            let place = self.load.settings.get(name).unwrap_or(&self.load.channel).place();
            let problem = Diagnostic::error(Code::MissingKey, place, message);
            self.cx.report(problem.help(format!("add it: `settings: {{ {name}: … }}`")));
        }
        let text = given.or(spec.default.as_ref())?;
        let normal = match spec.kind {
            SettingKind::Text => Ok(text.trim().to_owned()),
            SettingKind::Url => {
                url::encode(text).map(String::from).map_err(|(message, _)| format!("`{name}` {message}"))
            }
            SettingKind::Currency => simple::currency(text).map(String::from).map_err(|error| error.message_en),
            SettingKind::Country => simple::country(text).map(String::from).map_err(|error| error.message_en),
        };
        normal.map_err(|message| self.cx.error(Code::BadValue, text, message)).ok()
    }

    fn path(&self) -> Option<String> {
        match OutputPath::parse(&self.load.path, self.input, self.cx)?.below(self.load.folder.as_deref()) {
            OutputPath::File(path) => Some(path),
            OutputPath::PerValue(_) => {
                let message = "a feed is one file: its path cannot hold a column";
                let diagnostic = Diagnostic::error(Code::Unsupported, self.load.path.place(), message);
                self.cx.report(diagnostic.help("write one load per feed, each with its `filter` before it"));
                None
            }
        }
    }

    /// The fields that take part, and the columns that they read.
    fn fields(&self, writer: Option<&Writer>, currency: Option<&str>) -> (Vec<(String, Type)>, Vec<Field>) {
        let known = || self.channel.fields.keys().map(Text::as_str);
        for name in self.load.columns.keys().filter(|name| !self.channel.fields.contains_key(name.as_str())) {
            let problem = Diagnostic::error(
                Code::UnknownKey,
                name.place(),
                format!("{} has no field `{name}`", self.channel.title),
            );
            self.cx.report(problem.helps(did_you_mean(name, known())).help(suggest::known("fields", known())));
        }
        let written = writer.and_then(|writer| writers::fields(writer, self.channel));
        let mut columns: IndexMap<String, Type> = IndexMap::new();
        let mut fields = Vec::new();
        for (name, spec) in &self.channel.fields {
            let spec = &spec.value;
            if !self.takes_part(name, spec, written.as_deref()) {
                continue;
            }
            match self.source(name, spec, &mut columns) {
                Some(source) => fields.push(Self::field(name, spec, source, currency)),
                None if self.is_asked_for(spec) => {
                    // Nothing gives it, and a row may need it: it is never written, only missed.
                    let spec = FieldSpec { hidden: true, ..spec.clone() };
                    fields.push(Self::field(name, &spec, Source::Derived, currency));
                }
                None => {}
            }
        }
        (columns.into_iter().collect(), fields)
    }

    fn takes_part(&self, name: &Text, spec: &FieldSpec, written: Option<&[String]>) -> bool {
        let is_key = self.channel.key().is_some_and(|key| key == name);
        // What the channel needs in every row and says itself goes along with prices and quantities.
        let says_itself = spec.constant.is_some() || (spec.required && spec.default.is_some());
        let is_wanted = self.load.only == Only::All || spec.offer || says_itself;
        let is_written = written.is_none_or(|written| {
            let is_part = |part: &Text| part == name;
            let of = |field: &String| self.channel.fields.get(field.as_str());
            written.iter().any(|field| field == name.as_str())
                || written.iter().filter_map(of).any(|field| field.value.parts.iter().any(is_part))
        });
        is_key || (is_wanted && (is_written || self.load.columns.contains_key(name.as_str())))
    }

    fn field(name: &Text, spec: &FieldSpec, source: Source, currency: Option<&str>) -> Field {
        let limit = |text: &Option<Text>| text.as_ref().and_then(|text| text.parse().ok());
        let has_currency = spec.with_currency || spec.kind == FieldKind::Shipping;
        Field {
            name: name.to_string(),
            source,
            pattern: spec.pattern.as_ref().and_then(|pattern| check::whole(pattern).ok()),
            min: limit(&spec.min),
            max: limit(&spec.max),
            currency: currency.filter(|_| has_currency).map(str::to_owned),
            cuts: Counter::default(),
            spec: spec.clone(),
        }
    }

    /// Where a field comes from; `None` when nothing gives it, which is reported when it is required or was asked for.
    fn source(&self, name: &Text, spec: &FieldSpec, columns: &mut IndexMap<String, Type>) -> Option<Source> {
        let given = self.load.columns.get(name.as_str());
        let (column, place) = match (given, &spec.column) {
            (Some(column), _) if self.cx.require_column(self.input, column) => (column.as_str(), column.place()),
            (Some(_), _) => return None,
            (None, Some(column)) if self.input.contains(column) => (column.as_str(), self.load.channel.place()),
            (None, column) => return self.otherwise(name, spec, column.as_deref()),
        };
        let ty = self.input.get(column)?;
        if !value::accepts(spec, ty) {
            let message = format!("the field `{name}` needs {}, and `{column}` is {ty}", value::expected(spec));
            self.cx.report(Diagnostic::error(Code::TypeMismatch, place, message));
            return None;
        }
        let (position, _) = columns.insert_full(column.to_owned(), ty.clone());
        Some(Source::Column(position, column.to_owned()))
    }

    /// Whether the value of another field, which the table has, asks for the field.
    fn is_asked_for(&self, spec: &FieldSpec) -> bool {
        spec.required_if.as_ref().is_some_and(|rule| self.has_column(&rule.field))
    }

    /// Whether a column gives the field.
    fn has_column(&self, name: &Text) -> bool {
        let usual = self.channel.fields.get(name.as_str()).and_then(|field| field.value.column.as_ref());
        self.load.columns.contains_key(name.as_str()) || usual.is_some_and(|column| self.input.contains(column))
    }

    /// What gives a field for which there is no column.
    fn otherwise(&self, name: &Text, spec: &FieldSpec, column: Option<&str>) -> Option<Source> {
        if let Some(constant) = spec.constant.as_ref().or(spec.default.as_ref()) {
            return Some(Source::Constant(constant.clone()));
        }
        let is_derived = spec.kind == FieldKind::IdentifierExists
            || (spec.kind == FieldKind::Period && spec.parts.iter().all(|part| self.has_column(part)));
        if is_derived {
            return Some(Source::Derived);
        }
        if spec.required {
            let message = format!("{} needs the field `{name}`, and nothing gives it", self.channel.title);
            let column = column.unwrap_or(name);
            let help = format!("name its column, `columns: {{ {name}: … }}`, or give the table a column `{column}`");
            let known = self.input.names().collect::<Vec<_>>().join(", ");
            let diagnostic = Diagnostic::error(Code::MissingKey, self.load.channel.place(), message).help(help);
            self.cx.report(diagnostic.help(format!("known columns: {known}")));
        }
        None
    }
}
