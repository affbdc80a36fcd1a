//! A drawing as Mermaid text, which Markdown viewers draw by themselves.

use std::fmt::Write;

use crate::plan::graph::{Block, Graph, Shape};

/// Writes the drawing.
#[must_use]
pub fn render(graph: &Graph) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "---\ntitle: \"{}\"\n---\nflowchart LR", escaped(&graph.title));
    for (index, block) in graph.boxes.iter().enumerate() {
        let (open, close) = brackets(block.shape);
        let _ = writeln!(out, "  n{index}{open}\"{}\"{close}", label(block));
    }
    for arrow in &graph.arrows {
        let line = if arrow.main { "-->" } else { "-.->" };
        let _ = writeln!(out, "  n{} {line} n{}", arrow.from, arrow.to);
    }
    out
}

fn brackets(shape: Shape) -> (&'static str, &'static str) {
    match shape {
        Shape::Source => ("[(", ")]"),
        Shape::Transform => ("[", "]"),
        Shape::Load => ("([", "])"),
    }
}

fn label(block: &Block) -> String {
    let name = escaped(&block.name);
    if block.note.is_empty() { name } else { format!("{name}<br/>{}", escaped(&block.note)) }
}

/// Mermaid reads `#…;` as a character by its name or number.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_alphanumeric() || " _-,.+/".contains(character) {
            out.push(character);
        } else {
            let _ = write!(out, "#{};", u32::from(character));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::graph::testing::graph;

    #[test]
    fn every_box_and_arrow_is_written() {
        let mut graph = graph(&["s", "t", "l"], &[(0, 1), (1, 2)]);
        graph.arrows[0].main = false;
        let expected = "\
---
title: \"prova\"
---
flowchart LR
  n0[(\"s<br/>note\")]
  n1[\"t<br/>note\"]
  n2([\"l<br/>note\"])
  n0 -.-> n1
  n1 --> n2
";
        assert_eq!(render(&graph), expected);
    }

    #[test]
    fn names_cannot_leave_their_label() {
        let text = render(&graph(&["t\"] --> x;<b>#"], &[]));
        assert!(text.contains("n0[\"t#34;#93; --#62; x#59;#60;b#62;#35;<br/>note\"]"), "{text}");
    }
}
