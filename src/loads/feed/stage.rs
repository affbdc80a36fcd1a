//! A feed made ready meets the rows of a run.

use std::path::PathBuf;

use polars::prelude::{LazyFrame, PlSmallStr, col};

use crate::context::{Counter, NodeError};
use crate::domain::feeds::Hasher;
use crate::domain::feeds::hash::hash;
use crate::loads::feed::Remember;
use crate::loads::feed::bind::BoundFeed;
use crate::loads::feed::encode::{Encoder, is_price};
use crate::loads::feed::history::History;
use crate::loads::feed::history_file::HistoryWriter;
use crate::loads::feed::parts::Parts;
use crate::loads::feed::relations::relations;
use crate::loads::feed::sink::FeedSink;
use crate::loads::feed::summary::FeedSummary;
use crate::loads::feed::value::Field;
use crate::loads::feed::writers;
use crate::loads::format::sink::{self as staging, Rejected};
use crate::loads::{LoadCx, Staging};

impl BoundFeed {
    /// Starts staging.
    ///
    /// # Errors
    /// The last feed cannot be read, the new one cannot be begun.
    pub fn stage(&self, frame: LazyFrame, cx: &LoadCx) -> Result<Staging, NodeError> {
        let columns = self.types.iter().map(|(name, _)| col(PlSmallStr::from_str(name)));
        let frame = frame.select(columns.collect::<Vec<_>>());
        let target = cx.run.output(&self.path);
        let (history, keeps) = match self.history_path(cx) {
            Some(path) => (History::read(&path)?, Some(HistoryWriter::begin(&path, &staging::run_name(cx))?)),
            None => (History::none(), None),
        };
        let fields: Vec<Field> = self.fields.iter().map(|field| Self::with_counter(field, cx)).collect();
        let cuts = fields.iter().map(|field| (field.name.clone(), field.cuts.clone())).collect();
        let sink = FeedSink {
            removed: self.removed(&fields),
            encoder: self.encoder(fields),
            types: self.types.clone(),
            delta: self.delta,
            offers_only: self.offers_only,
            parts: Parts::new(&target, &staging::run_name(cx), self.gzip),
            history,
            keeps,
            limits: self.limits,
            rejected: Rejected::new(cx),
            summary: FeedSummary { channel: self.name.clone(), ..FeedSummary::default() },
            hash: Hasher::default(),
            room: Vec::new(),
            cuts,
        };
        staging::stage(frame, Box::new(sink), target, cx)
    }

    fn encoder(&self, fields: Vec<Field>) -> Encoder {
        let key = self.channel.key().and_then(|key| fields.iter().position(|field| field.name == key.as_str()));
        let key = key.unwrap_or_default();
        Encoder {
            key,
            price: fields.iter().position(is_price),
            relations: relations(&self.channel, &fields, key),
            render: writers::render(&self.writer, &fields, &self.settings),
            names: fields.iter().map(|field| hash(field.name.as_bytes())).collect(),
            fields,
        }
    }

    /// What a delta says of an article that is gone; nothing when the channel has no words for it.
    fn removed(&self, fields: &[Field]) -> Option<Vec<(usize, String)>> {
        let constants = fields.iter().enumerate().filter_map(|(at, field)| Some((at, field.spec.constant.clone()?)));
        let said = self.channel.removed.iter();
        let said = said.filter_map(|(name, value)| {
            let at = fields.iter().position(|field| field.name == name.as_str())?;
            Some((at, value.to_string()))
        });
        (!self.channel.removed.is_empty()).then(|| constants.chain(said).collect())
    }

    /// The field of a run; values that are cut are counted under `load:NAME:cut:FIELD`.
    fn with_counter(field: &Field, cx: &LoadCx) -> Field {
        let cuts: Counter = cx.run.counters.get(&format!("{}:cut:{}", staging::site(cx), field.name));
        Field { cuts, ..field.clone() }
    }

    /// Where what was published last is kept.
    fn history_path(&self, cx: &LoadCx) -> Option<PathBuf> {
        let name = match &self.history {
            Remember::No => return None,
            Remember::Named(name) => name.to_string(),
            Remember::Path => self.path.clone(),
        };
        let plain = |character: char| {
            if character.is_ascii_alphanumeric() || "-_.".contains(character) { character } else { '_' }
        };
        let short: String = name.rsplit(['/', '\\']).next().unwrap_or_default().chars().map(plain).take(60).collect();
        let file = format!("{short}-{:016x}.last", hash(name.as_bytes()));
        Some(cx.run.project.state_dir().join("feeds").join(file))
    }
}
