//! Load kind `feed`: rows into the product feed of a marketplace or a comparison site.
//!
//! What a channel asks is data in `channels/`; rows that break it are rejected with the field, the rule and the value.

pub mod channel;
pub mod field;
pub mod render;
pub mod sink;
pub mod text;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};

use indexmap::IndexMap;
use polars::prelude::{LazyFrame, PlSmallStr, col};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::{BindCx, Counter, NodeError};
use crate::diag::{Code, Diagnostic, Placed, Text, did_you_mean};
use crate::domain::ids::simple;
use crate::domain::types::{Schema, Type};
use crate::io::StagedFile;
use crate::loads::feed::channel::{Channel, ChannelName, ChannelWriter, FieldKind, FieldSpec, Setting};
use crate::loads::feed::field::Field;
use crate::loads::feed::render::{Render, Rss};
use crate::loads::feed::sink::FeedSink;
use crate::loads::format::csv::CsvFormat;
use crate::loads::format::sink::{self as staging, Rejected};
use crate::loads::format::template::OutputPath;
use crate::loads::{BoundLoad, Capabilities, Guarantee, Load, LoadCx, Staging};

/// Writes the table as the feed of a channel, always whole: beside the destination, renamed at the end.
///
/// ```yaml
/// load:
///   google:
///     from: listino_google
///     feed:
///       channel: google_merchant
///       path: out/google.xml
///       settings: { title: Bottega Rossi, link: "https://bottega.example.com", description: Ceramiche e tessuti }
///       columns: { id: sku, title: titolo, price: prezzo, availability: giacenza }
/// ```
///
/// A row that breaks a rule of the channel (a required field empty, a wrong GTIN, an address that is not absolute, a
/// price that is not above zero, an `id` seen before) is rejected; long titles and descriptions are cut at the end of a
/// word and counted. A channel may refuse a row for reasons that only it knows: its own report has the last word.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedLoad {
    /// The channel.
    pub channel: Placed<ChannelName>,
    /// Where to write, from the project's folder when relative.
    pub path: Text,
    /// What holds for the whole feed.
    #[serde(default)]
    pub settings: FeedSettings,
    /// The column of each field: `{ title: titolo }`. Fields that are not named are taken from the column that the
    /// reference gives for them, when the table has it.
    #[serde(default)]
    pub columns: IndexMap<String, Text>,
}

/// What holds for the whole feed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FeedSettings {
    /// Name of the shop.
    pub title: Option<Text>,
    /// Address of the shop.
    pub link: Option<Text>,
    /// What the shop sells, in a sentence.
    pub description: Option<Text>,
    /// Currency of the prices, ISO 4217. Default: `EUR`.
    pub currency: Option<Text>,
    /// Country that the feed sells to, ISO 3166-1 alpha-2: the country of `shipping`. Default: `IT`.
    pub country: Option<Text>,
}

impl Load for FeedLoad {
    fn capabilities(&self) -> Capabilities {
        Capabilities { guarantee: Guarantee::ExactlyOnce, ordered: true }
    }

    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundLoad> {
        let before = cx.reported();
        let channel = self.load_channel(cx)?;
        let currency = identifier(self.settings.currency.as_ref(), "EUR", simple::currency, cx);
        let country = identifier(self.settings.country.as_ref(), "IT", simple::country, cx);
        self.check_settings(&channel, cx);
        let path = self.bind_path(input, cx);
        let fields = self.bind_fields(&channel, input, cx);
        if cx.reported() > before {
            return None;
        }
        let bound = Bound {
            channel: self.channel.value.as_str(),
            writer: channel.writer,
            settings: self.settings.clone(),
            currency: currency?,
            country: country?,
            types: input.iter().map(|(name, ty)| (name.to_owned(), ty.clone())).collect(),
            fields,
            path: path?,
        };
        Some(BoundLoad { stage: Box::new(move |frame, cx| bound.stage(frame, cx)) })
    }

    fn sent(&self, input: &Schema) -> Vec<(String, String)> {
        let Ok(channel) = self.channel.value.load() else { return Vec::new() };
        let fields = channel.fields.iter().filter_map(|(name, spec)| {
            let column = self.columns.get(name).map(Text::as_str).or(spec.column.as_deref())?;
            input.contains(column).then(|| (name.clone(), column.to_owned()))
        });
        fields.collect()
    }

    fn own_key(&self, input: &Schema) -> Option<String> {
        let channel = self.channel.value.load().ok()?;
        let (name, spec) = channel.fields.iter().find(|(_, spec)| spec.unique)?;
        let column = self.columns.get(name).map(Text::as_str).or(spec.column.as_deref())?;
        input.contains(column).then(|| column.to_owned())
    }
}

impl FeedLoad {
    fn load_channel(&self, cx: &BindCx) -> Option<Channel> {
        let loaded = self.channel.value.load();
        loaded.map_err(|error| cx.report(Diagnostic::error(Code::Internal, self.channel.place, error))).ok()
    }

    fn bind_path(&self, input: &Schema, cx: &BindCx) -> Option<String> {
        match OutputPath::parse(&self.path, input, cx)? {
            OutputPath::File(path) => Some(path),
            OutputPath::PerValue(_) => {
                let message = "a feed is one file: its path cannot hold a column";
                let diagnostic = Diagnostic::error(Code::Unsupported, self.path.place(), message);
                cx.report(diagnostic.help("write one load per feed, each with its `filter` before it"));
                None
            }
        }
    }

    fn check_settings(&self, channel: &Channel, cx: &BindCx) {
        for setting in &channel.settings {
            let (name, given) = match setting {
                Setting::Title => ("title", &self.settings.title),
                Setting::Link => ("link", &self.settings.link),
                Setting::Description => ("description", &self.settings.description),
            };
            let place = given.as_ref().map_or(self.channel.place, Text::place);
            if given.as_ref().is_none_or(|text| text.trim().is_empty()) {
                let message = format!("{} needs the setting `{name}`", channel.title);
                let help = format!("add it: `settings: {{ {name}: … }}`");
                cx.report(Diagnostic::error(Code::MissingKey, place, message).help(help));
            } else if let (Setting::Link, Some(Err((message, _)))) =
                (setting, given.as_ref().map(|link| text::url(link)))
            {
                let message = format!("`link` {message}");
                cx.report(Diagnostic::error(Code::BadValue, place, message));
            }
        }
    }

    fn bind_fields(&self, channel: &Channel, input: &Schema, cx: &BindCx) -> Vec<BoundField> {
        for field in self.columns.keys().filter(|field| !channel.fields.contains_key(*field)) {
            self.unknown_field(field, channel, cx);
        }
        let mut fields = Vec::new();
        for (name, spec) in &channel.fields {
            let source = self.source(name, spec, channel, input, cx);
            if source.is_some() || spec.constant.is_some() || spec.kind == FieldKind::IdentifierExists {
                fields.push(BoundField { name: name.clone(), spec: spec.clone(), source });
            }
        }
        fields
    }

    /// The column of a field, by position and name; `None` when nothing gives the field, which is reported when it is
    /// required or was asked for.
    fn source(
        &self,
        name: &str,
        spec: &FieldSpec,
        channel: &Channel,
        input: &Schema,
        cx: &BindCx,
    ) -> Option<(usize, String)> {
        let (column, place) = match (self.columns.get(name), &spec.column) {
            (Some(column), _) if cx.require_column(input, column) => (column.as_str(), column.place()),
            (Some(_), _) => return None,
            (None, Some(column)) if input.contains(column) => (column.as_str(), self.channel.place),
            (None, _) if !spec.required => return None,
            (None, column) => {
                let message = format!("{} needs the field `{name}`, and nothing gives it", channel.title);
                let column = column.as_deref().unwrap_or(name);
                let help =
                    format!("name its column, `columns: {{ {name}: … }}`, or give the table a column `{column}`");
                let known = input.names().collect::<Vec<_>>().join(", ");
                let diagnostic = Diagnostic::error(Code::MissingKey, self.channel.place, message).help(help);
                cx.report(diagnostic.help(format!("known columns: {known}")));
                return None;
            }
        };
        let ty = input.get(column)?;
        if !field::accepts(spec, ty) {
            let message = format!("the field `{name}` needs {}, and `{column}` is {ty}", field::expected(spec));
            cx.report(Diagnostic::error(Code::TypeMismatch, place, message));
            return None;
        }
        Some((input.position(column)?, column.to_owned()))
    }

    fn unknown_field(&self, name: &str, channel: &Channel, cx: &BindCx) {
        let place = self.columns.get(name).map_or(self.channel.place, Text::place);
        let known = || channel.fields.keys().map(String::as_str);
        let mut diagnostic =
            Diagnostic::error(Code::UnknownKey, place, format!("{} has no field `{name}`", channel.title));
        if let Some(help) = did_you_mean(name, known()) {
            diagnostic = diagnostic.help(help);
        }
        cx.report(diagnostic.help(format!("known fields: {}", known().collect::<Vec<_>>().join(", "))));
    }
}

/// A setting that is an identifier of the trade, in its normal form.
fn identifier(
    given: Option<&Text>,
    default: &str,
    normalise: fn(&str) -> Result<std::borrow::Cow<'_, str>, crate::domain::ids::IdError>,
    cx: &BindCx,
) -> Option<String> {
    let Some(text) = given else { return Some(default.to_owned()) };
    match normalise(text.as_str()) {
        Ok(normal) => Some(normal.into_owned()),
        Err(error) => {
            cx.error(Code::BadValue, text, error.message_en);
            None
        }
    }
}

struct BoundField {
    name: String,
    spec: FieldSpec,
    source: Option<(usize, String)>,
}

struct Bound {
    channel: &'static str,
    writer: ChannelWriter,
    settings: FeedSettings,
    currency: String,
    country: String,
    types: Vec<(String, Type)>,
    fields: Vec<BoundField>,
    path: String,
}

impl Bound {
    fn stage(&self, frame: LazyFrame, cx: &LoadCx) -> Result<Staging, NodeError> {
        let columns = self.types.iter().map(|(name, _)| col(PlSmallStr::from_str(name)));
        let frame = frame.select(columns.collect::<Vec<_>>());
        let target = cx.run.project.path(&self.path);
        let staged =
            StagedFile::create(&target, &staging::run_name(cx)).map_err(|error| staging::write_failed(&error))?;
        let file = staged.open().map_err(|error| staging::write_failed(&error))?;
        let unique = self.fields.iter().enumerate().filter(|(_, field)| field.spec.unique);
        let seen: BTreeMap<usize, HashSet<String>> = unique.map(|(index, _)| (index, HashSet::new())).collect();
        let render = self.render();
        let mut buffer = Vec::new();
        render.begin(&mut buffer);
        let sink = FeedSink {
            channel: self.channel,
            currency: self.currency.clone(),
            types: self.types.clone(),
            fields: self.fields.iter().map(|field| field.with_counter(cx)).collect(),
            render,
            file,
            staged,
            rejected: Rejected::new(cx),
            seen,
            buffer,
        };
        staging::stage(frame, Box::new(sink), target, cx)
    }

    fn render(&self) -> Render {
        match &self.writer {
            ChannelWriter::Csv { delimiter } => {
                let header =
                    self.fields.iter().map(|field| field.spec.header.clone().unwrap_or_else(|| field.name.clone()));
                Render::Csv(Box::new(CsvFormat::plain(u8::try_from(*delimiter).unwrap_or(b','), header.collect())))
            }
            ChannelWriter::Rss { prefix, namespace } => {
                let text =
                    |setting: &Option<Text>| setting.as_ref().map_or_else(String::new, |text| text.as_str().to_owned());
                Render::Rss(Rss {
                    prefix: prefix.clone(),
                    namespace: namespace.clone(),
                    title: text(&self.settings.title),
                    link: text(&self.settings.link),
                    description: text(&self.settings.description),
                    country: self.country.clone(),
                })
            }
        }
    }
}

impl BoundField {
    /// The field of a run; texts that are cut are counted under `load:NAME:cut:FIELD`.
    fn with_counter(&self, cx: &LoadCx) -> Field {
        let cuts: Counter = cx.run.counters.get(&format!("{}:cut:{}", staging::site(cx), self.name));
        Field { name: self.name.clone(), spec: self.spec.clone(), source: self.source.clone(), cuts }
    }
}
