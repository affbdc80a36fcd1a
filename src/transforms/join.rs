//! x
use schemars::JsonSchema; use serde::Deserialize;
use crate::context::BindCx; use crate::domain::types::Schema; use crate::transforms::{Step,BoundStep};
#[derive(Debug, Deserialize, JsonSchema)] pub struct Join {}
impl Step for Join { fn bind(&self, _: &Schema, _: &BindCx) -> Option<BoundStep> { None } }
