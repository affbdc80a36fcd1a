//! x
use schemars::JsonSchema; use serde::Deserialize;
use crate::context::BindCx; use crate::domain::types::Schema; use crate::transforms::{Step,BoundStep};
#[derive(Debug, Deserialize, JsonSchema)] pub struct Lookup {}
impl Step for Lookup { fn bind(&self, _: &Schema, _: &BindCx) -> Option<BoundStep> { None } }
