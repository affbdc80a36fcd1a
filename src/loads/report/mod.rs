//! Load kind `report`: tables of a pipeline as a page that a person opens every morning, as a workbook, as data, in short.
//!
//! What is written is in `spec`. Each kind of section is a file that checks it, asks for rows and makes a block of them
//! (`section` says how); `gather` takes the rows while they come, `outputs` and `book` write them to files, `page` and `brief`
//! make a page and a message of the finished `model`. Nothing here knows reconciliation beyond the names of its columns.

pub mod bind;
pub mod book;
pub mod bridge;
pub mod brief;
pub mod exceptions;
pub mod figures;
pub mod gather;
pub mod matches;
pub mod model;
pub mod outputs;
pub mod page;
pub mod run;
pub mod section;
pub mod spec;
pub mod table;
#[cfg(test)]
mod tests;
pub mod trend;
pub mod value;
pub mod words;

pub use crate::context::summary::Summary;
pub use spec::ReportLoad;

use crate::context::BindCx;
use crate::diag::Text;
use crate::domain::types::Schema;
use crate::loads::delivery::Mode;
use crate::loads::report::spec::SectionSpec;
use crate::loads::{BoundLoad, Capabilities, Guarantee, Load};

impl Load for ReportLoad {
    fn capabilities(&self) -> Capabilities {
        Capabilities { guarantee: Guarantee::ExactlyOnce, ordered: true }
    }

    fn tables(&self) -> Vec<&Text> {
        self.sections.iter().flat_map(|section| section.value.tables()).collect()
    }

    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundLoad> {
        let bound = std::sync::Arc::new(bind::bind(self, input, cx)?);
        Some(BoundLoad { stage: Box::new(move |frame, cx| bound.stage(frame, cx)) })
    }

    fn modes(&self) -> &'static [Mode] {
        &[Mode::Replace]
    }
}

impl SectionSpec {
    /// The tables that it names.
    #[must_use]
    pub fn tables(&self) -> Vec<&Text> {
        match self {
            Self::Text(_) => Vec::new(),
            Self::Figures(spec) => {
                spec.from.iter().chain(spec.values.iter().filter_map(|value| value.from.as_ref())).collect()
            }
            Self::Table(spec) => spec.from.iter().chain(spec.sources.iter().map(|source| &source.from)).collect(),
            Self::Bridge(spec) => {
                spec.from.iter().chain(spec.steps.iter().filter_map(|step| step.from.as_ref())).collect()
            }
            Self::Trend(spec) => {
                spec.from.iter().chain(spec.values.iter().filter_map(|value| value.from.as_ref())).collect()
            }
            Self::Matches(spec) => spec.from.iter().collect(),
            Self::Exceptions(spec) => spec.from.iter().collect(),
        }
    }
}
