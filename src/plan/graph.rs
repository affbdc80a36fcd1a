//! A plan as a drawing: which table feeds which, and where the rows go.
//!
//! Here is what is drawn; `layout` says where it stands, `svg` and `mermaid` write it down. No external tool is needed.

pub mod layout;
pub mod mermaid;
pub mod svg;

use std::collections::BTreeMap;

use crate::plan::{NodeKind, Plan};

/// What a drawing shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// Name of the pipeline.
    pub title: String,
    /// What the pipeline is for.
    pub description: Option<String>,
    /// Boxes.
    pub boxes: Vec<Block>,
    /// Arrows between them.
    pub arrows: Vec<Arrow>,
}

/// A table or a load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its name.
    pub name: String,
    /// What it is, in a few words: `file`, `filter, join, price`.
    pub note: String,
    /// The whole story, for a tooltip.
    pub story: String,
    /// What it is, for its shape.
    pub shape: Shape,
}

/// What a box stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A table that comes from outside.
    Source,
    /// A table that is computed.
    Transform,
    /// A destination.
    Load,
}

/// An arrow between two boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// Index of the box it starts from.
    pub from: usize,
    /// Index of the box it points to.
    pub to: usize,
    /// Whether the rows flow along it; otherwise the table is only looked into, as by a join.
    pub main: bool,
}

/// How many steps a note names.
const NAMED_STEPS: usize = 4;

impl Graph {
    /// The drawing of a plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let mut graph = Self { title: plan.name.clone(), description: plan.description.clone(), ..Self::default() };
        let mut tables: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, node) in &plan.nodes {
            let index = graph.boxes.len();
            tables.insert(name, index);
            graph.boxes.push(block(name, node.description.as_ref(), &node.kind));
            for (position, input) in node.inputs().into_iter().enumerate() {
                graph.connect(tables.get(input).copied(), index, position == 0);
            }
        }
        for load in &plan.loads {
            let index = graph.boxes.len();
            let (name, note) = (load.name.clone(), load.kind.to_owned());
            let story = format!("load {name}: {note}, from {}", load.from);
            graph.boxes.push(Block { name, note, story, shape: Shape::Load });
            for (position, input) in load.inputs().enumerate() {
                graph.connect(tables.get(input).copied(), index, position == 0);
            }
        }
        graph
    }

    /// Adds an arrow once; the flow of rows wins over a mere look.
    fn connect(&mut self, from: Option<usize>, to: usize, main: bool) {
        let Some(from) = from else { return };
        let known = self.arrows.iter().any(|arrow| arrow.from == from && arrow.to == to);
        if !known {
            self.arrows.push(Arrow { from, to, main });
        }
    }
}

fn block(name: &str, description: Option<&String>, kind: &NodeKind) -> Block {
    let (shape, note, story) = match kind {
        NodeKind::Source { kind, .. } => (Shape::Source, (*kind).to_owned(), format!("source {name}: {kind}")),
        NodeKind::Transform { from, steps } => {
            let kinds: Vec<&str> = steps.iter().map(|step| step.kind).collect();
            let steps = if kinds.is_empty() { "no steps".to_owned() } else { kinds.join(", ") };
            (Shape::Transform, shortened(&kinds), format!("table {name}: from {from}, {steps}"))
        }
    };
    let story = description.map_or_else(|| story.clone(), |text| format!("{story}. {text}"));
    Block { name: name.to_owned(), note, story, shape }
}

/// The first steps by name and how many more there are.
fn shortened(kinds: &[&str]) -> String {
    let named = kinds[..kinds.len().min(NAMED_STEPS)].join(", ");
    match kinds.len().saturating_sub(NAMED_STEPS) {
        0 => named,
        more => format!("{named} +{more}"),
    }
}

#[cfg(test)]
pub mod testing {
    //! Small drawings for the tests of this room.

    use super::{Arrow, Block, Graph, Shape};

    /// A drawing of boxes named by their shape's first letter (`s`, `t`, `l`) and arrows by index.
    #[must_use]
    pub fn graph(boxes: &[&str], arrows: &[(usize, usize)]) -> Graph {
        let boxes = boxes.iter().map(|name| Block {
            name: (*name).to_owned(),
            note: "note".to_owned(),
            story: format!("story of {name}"),
            shape: match name.as_bytes().first() {
                Some(b's') => Shape::Source,
                Some(b'l') => Shape::Load,
                _ => Shape::Transform,
            },
        });
        Graph {
            title: "prova".to_owned(),
            description: None,
            boxes: boxes.collect(),
            arrows: arrows.iter().map(|&(from, to)| Arrow { from, to, main: true }).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::spec;

    const PIPELINE: &str = "\
pipeline: prova
extract:
  a: { inline: { rows: [ { sku: \"1\" } ] } }
  b: { description: Altri codici, inline: { rows: [ { sku: \"1\" } ] } }
transform:
  c:
    from: a
    steps:
      - filter: \"sku = '1'\"
      - join: { with: b, on: sku, how: semi }
      - union: [a]
load:
  out: { from: c, file: { path: out.csv } }
";

    #[test]
    fn every_table_load_and_arrow_of_the_plan_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.yaml");
        std::fs::write(&path, PIPELINE).unwrap();
        let mut loaded = spec::load(&path, &BTreeMap::new(), 0, false);
        let pipeline = loaded.pipeline.unwrap();
        let (plan, problems) = crate::plan::build(&pipeline, &loaded.project, &loaded.params, &mut loaded.sources);
        let graph = Graph::of(&plan.unwrap_or_else(|| panic!("{problems:?}")));
        let names: Vec<_> = graph.boxes.iter().map(|block| (block.name.as_str(), block.shape)).collect();
        let expected = [("a", Shape::Source), ("b", Shape::Source), ("c", Shape::Transform), ("out", Shape::Load)];
        assert_eq!(names, expected);
        let arrows: Vec<_> = graph.arrows.iter().map(|arrow| (arrow.from, arrow.to, arrow.main)).collect();
        assert_eq!(arrows, [(0, 2, true), (1, 2, false), (2, 3, true)]);
        assert_eq!(graph.boxes[1].story, "source b: inline. Altri codici");
        assert_eq!(graph.boxes[2].note, "filter, join, union");
    }

    #[test]
    fn many_steps_are_shortened() {
        assert_eq!(shortened(&["a", "b", "c", "d", "e", "f"]), "a, b, c, d +2");
        assert_eq!(shortened(&[]), "");
    }
}
