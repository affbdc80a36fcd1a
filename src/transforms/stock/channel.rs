//! A channel of a `stock` step: its part of the pool, and the words in which it is told.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text, did_you_mean};
use crate::domain::money::exact::Rounding;
use crate::domain::stock::words::PRESETS;
use crate::domain::stock::{Rule, State, Words};
use crate::domain::types::Schema;
use crate::expr::Typed;
use crate::transforms::shape::{Options, Shape};
use crate::transforms::stock::value::{Value, bind_bool, bind_quantity, bind_share};

/// What a channel may show of its pool. Numbers may also be expressions over the columns of `articles`, which give
/// nothing where the rule does not apply.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Warehouses the channel is served from; those of the step when absent.
    #[serde(default)]
    pub warehouses: Option<Vec<Text>>,
    /// Condition over the step's own rows, instead of `warehouses`: the rows that serve the channel.
    #[serde(default, rename = "where")]
    pub only: Option<Text>,
    /// Part of the pool, floored.
    #[serde(default)]
    pub percent: Option<Text>,
    /// Fixed quantity, as far as the pool has it; instead of `percent`.
    #[serde(default)]
    pub fixed: Option<Text>,
    /// Quantity kept back against overselling.
    #[serde(default)]
    pub buffer: Option<Text>,
    /// The most that is shown.
    #[serde(default)]
    pub cap: Option<Text>,
    /// Below this quantity nothing is shown: the last piece stays in the shop.
    #[serde(default)]
    pub min_publish: Option<Text>,
    /// Whether the channel's `fixed` or `percent` part is its own: no other channel shows it.
    #[serde(default)]
    pub ring_fenced: bool,
    /// Which ring-fenced channel takes first when the pool does not suffice: 1 before 2. Channels of one priority share
    /// by what they want. In the order of the file when absent.
    #[serde(default)]
    pub priority: Option<u32>,
    /// Whether the channel sells the marketplace's own stock (`fba`), and nothing else: `true`, or a condition over the
    /// columns of `articles`.
    #[serde(default)]
    pub fba: Option<Text>,
    /// Whether the channel shows suppliers' goods.
    #[serde(default)]
    pub suppliers: Option<bool>,
    /// Whether receipts that are due by the `day` count: the pool becomes what is available to promise. `true`, or a
    /// condition over the columns of `articles`.
    #[serde(default)]
    pub atp: Option<Text>,
    /// Whether an article that is out, but for which a receipt is dated, is said to be on backorder: `true`, or a
    /// condition over the columns of `articles`. Off when absent.
    #[serde(default)]
    pub backorder: Option<Text>,
    /// Whether an article that is out, but for which a receipt is dated, is said to be on preorder: `true`, or a
    /// condition over the columns of `articles`. Off when absent.
    #[serde(default)]
    pub preorder: Option<Text>,
    /// Words of the availability: `google` (the default), `meta`, `schema_org`, or a map `{ in_stock: "sì" }`.
    #[serde(default)]
    pub availability: Option<Shape<WordMap>>,
    /// Up to this quantity an article is said to be limited, where the channel has a word for it.
    #[serde(default)]
    pub low: Option<Text>,
}

/// A channel's own words; those left out are Google's.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct WordMap(pub IndexMap<Text, Text>);

impl Options for WordMap {
    const EXPECTED: &'static str = "`google`, `meta`, `schema_org`, or a map such as `{ in_stock: \"sì\" }`";
}

/// The checked rules of a channel.
pub struct ChannelRules {
    /// Rules with their values, in their order.
    pub rules: Vec<(Rule, Value)>,
    /// Ring fence: its priority.
    pub fence: Option<u32>,
    /// Whether the channel sells the marketplace's own stock.
    pub fba: Option<Typed>,
    /// Whether suppliers' goods are shown.
    pub suppliers: bool,
    /// Whether receipts due by the day count.
    pub atp: Option<Typed>,
    /// Whether articles may be on backorder.
    pub backorder: Option<Typed>,
    /// Whether articles may be on preorder.
    pub preorder: Option<Typed>,
    /// Words of the availability.
    pub words: Words,
    /// Up to which quantity an article is limited.
    pub low: Option<Value>,
}

/// Where the rules of a channel are bound.
pub struct RuleScope<'a> {
    /// Columns of the catalogue, where there is one.
    pub articles: Option<&'a Schema>,
    /// Decimals of the step's units.
    pub scale: u8,
}

impl Channel {
    /// Checks the rules; `index` is the channel's position in the file.
    pub fn bind(&self, name: &Text, index: usize, scope: &RuleScope, cx: &BindCx) -> Option<ChannelRules> {
        let before = cx.reported();
        if let (Some(percent), Some(_), None) = (&self.percent, &self.fixed, &scope.articles) {
            cx.error(Code::BadValue, percent, format!("channel `{name}` has both `percent` and `fixed`: keep one"));
        }
        let rules = Rule::ALL.into_iter().filter_map(|rule| Some((rule, self.bind_rule(rule, scope, cx)?))).collect();
        let condition = |written: &Option<Text>| {
            let empty = Schema::new();
            written
                .as_ref()
                .filter(|written| !written.eq_ignore_ascii_case("false"))
                .and_then(|written| bind_bool(written, scope.articles.unwrap_or(&empty), cx))
        };
        let low =
            self.low.as_ref().and_then(|low| bind_quantity(low, scope.articles, scope.scale, Rounding::Floor, cx));
        let bound = ChannelRules {
            rules,
            fence: self.bind_fence(name, index, cx),
            fba: condition(&self.fba),
            suppliers: self.suppliers.unwrap_or(true),
            atp: condition(&self.atp),
            backorder: condition(&self.backorder),
            preorder: condition(&self.preorder),
            words: self.bind_words(cx),
            low,
        };
        (cx.reported() == before).then_some(bound)
    }

    fn written(&self, rule: Rule) -> Option<&Text> {
        match rule {
            Rule::Fixed => self.fixed.as_ref(),
            Rule::Percent => self.percent.as_ref(),
            Rule::Buffer => self.buffer.as_ref(),
            Rule::Cap => self.cap.as_ref(),
            Rule::MinPublish => self.min_publish.as_ref(),
        }
    }

    fn bind_rule(&self, rule: Rule, scope: &RuleScope, cx: &BindCx) -> Option<Value> {
        let written = self.written(rule)?;
        if rule == Rule::Percent {
            return bind_share(written, scope.articles, cx);
        }
        let rounding = if rule.keeps_back() { Rounding::Ceil } else { Rounding::Floor };
        bind_quantity(written, scope.articles, scope.scale, rounding, cx)
    }

    fn bind_fence(&self, name: &Text, index: usize, cx: &BindCx) -> Option<u32> {
        if !self.ring_fenced {
            if self.priority.is_some() {
                cx.error(Code::BadValue, name, format!("channel `{name}` has a `priority` but is not `ring_fenced`"));
            }
            return None;
        }
        if self.fixed.is_none() && self.percent.is_none() {
            let message = format!("channel `{name}` is `ring_fenced`, but of how much is not said");
            cx.report(Diagnostic::error(Code::BadValue, name.place(), message).help("give it `fixed` or `percent`"));
        }
        if self.fba.is_some() || self.atp.is_some() {
            let message = format!("channel `{name}` is `ring_fenced`, which `fba` and `atp` cannot be");
            cx.error(Code::BadValue, name, message);
        }
        // Channels without a priority come after all that have one, in the order of the file.
        let place = u32::try_from(index).unwrap_or(u32::MAX / 2);
        Some(self.priority.unwrap_or(1_000_000_000 + place))
    }

    fn bind_words(&self, cx: &BindCx) -> Words {
        let mut words = Words::default();
        match &self.availability {
            None | Some(Shape::List(_)) => {}
            Some(Shape::Word(name)) => match Words::preset(name) {
                Some(preset) => words = preset,
                None => unknown("vocabulary", name, PRESETS.iter().map(|(name, _)| *name), cx),
            },
            Some(Shape::Map(WordMap(map))) => {
                for (state, word) in map {
                    match State::ALL.into_iter().find(|known| known.key() == state.as_str()) {
                        Some(known) => word.as_str().clone_into(&mut words.0[known as usize]),
                        None => unknown("state", state, State::ALL.iter().map(|state| state.key()), cx),
                    }
                }
            }
        }
        words
    }
}

fn unknown(what: &str, written: &Text, known: impl Iterator<Item = &'static str>, cx: &BindCx) {
    let known: Vec<&str> = known.collect();
    let message = format!("`{written}` is no {what} of availability: {} are", known.join(", "));
    cx.report(Diagnostic::error(Code::BadValue, written.place(), message).helps(did_you_mean(written, known)));
}
