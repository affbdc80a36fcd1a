//! A drawing as SVG: readable on light and dark ground, without scripts, fonts or anything else from outside.

use std::fmt::Write;

use crate::plan::graph::layout::{Frame, Layout, layout};
use crate::plan::graph::{Arrow, Block, Graph, Shape};

const STYLE: &str = "\
    .ground { fill: #ffffff } text { font: 14px ui-sans-serif, system-ui, sans-serif; fill: #1f2328; text-anchor: middle }
    .note { font-size: 11px; fill: #57606a } .box { stroke-width: 1.5 }
    .source .box { fill: #ddf4ff; stroke: #0969da } .transform .box { fill: #f6f8fa; stroke: #57606a }
    .load .box { fill: #dafbe1; stroke: #1a7f37 } .arrow { fill: none; stroke: #57606a; stroke-width: 1.5 }
    .look { stroke-dasharray: 4 4 } .head { fill: #57606a }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #0d1117 } text { fill: #e6edf3 } .note { fill: #9198a1 }
      .source .box { fill: #0c2d6b; stroke: #4493f8 } .transform .box { fill: #21262d; stroke: #9198a1 }
      .load .box { fill: #033a16; stroke: #3fb950 } .arrow { stroke: #9198a1 } .head { fill: #9198a1 }
    }
";

/// How far the slanted or pointed side of a shape reaches into its frame.
const SLANT: f64 = 12.0;

/// Draws a graph.
#[must_use]
pub fn render(graph: &Graph) -> String {
    let layout = layout(graph);
    let mut out = String::new();
    write_head(graph, &layout, &mut out);
    for (arrow, path) in graph.arrows.iter().zip(&layout.paths) {
        write_arrow(*arrow, path, graph, &mut out);
    }
    for (block, frame) in graph.boxes.iter().zip(&layout.frames) {
        write_box(block, *frame, &mut out);
    }
    out.push_str("</svg>\n");
    out
}

fn write_head(graph: &Graph, layout: &Layout, out: &mut String) {
    let (width, height) = (short(layout.width), short(layout.height));
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" aria-labelledby=\"title desc\">"
    );
    let _ = writeln!(out, "  <title id=\"title\">{}</title>", escaped(&graph.title));
    let _ = writeln!(out, "  <desc id=\"desc\">{}</desc>", escaped(&description(graph)));
    let _ = writeln!(out, "  <style>\n{STYLE}  </style>");
    out.push_str(
        "  <defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
         orient=\"auto\"><path class=\"head\" d=\"M0 0 L8 4 L0 8 Z\"/></marker></defs>\n",
    );
    let _ = writeln!(out, "  <rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>");
}

/// What a person who does not see the drawing should know.
fn description(graph: &Graph) -> String {
    let count = |shape: Shape| graph.boxes.iter().filter(|block| block.shape == shape).count();
    let (sources, transforms, loads) = (count(Shape::Source), count(Shape::Transform), count(Shape::Load));
    let counts = format!("sources: {sources}, computed tables: {transforms}, loads: {loads}");
    graph.description.as_ref().map_or_else(|| counts.clone(), |text| format!("{text} ({counts})"))
}

fn write_arrow(arrow: Arrow, path: &[(f64, f64)], graph: &Graph, out: &mut String) {
    let class = if arrow.main { "arrow" } else { "arrow look" };
    let (from, to) = (escaped(&graph.boxes[arrow.from].name), escaped(&graph.boxes[arrow.to].name));
    let curve = curve(path);
    let _ = writeln!(
        out,
        "  <path class=\"{class}\" d=\"{curve}\" marker-end=\"url(#head)\"><title>{from} → {to}</title></path>"
    );
}

/// A curve that leaves and enters every point horizontally.
fn curve(path: &[(f64, f64)]) -> String {
    let mut out = String::new();
    let mut previous = None;
    for &(x, y) in path {
        let (to_x, to_y) = (short(x), short(y));
        let _ = match previous {
            None => write!(out, "M{to_x} {to_y}"),
            Some((from_x, from_y)) => {
                let middle = short(f64::midpoint(from_x, x));
                write!(out, " C{middle} {} {middle} {to_y} {to_x} {to_y}", short(from_y))
            }
        };
        previous = Some((x, y));
    }
    out
}

fn write_box(block: &Block, frame: Frame, out: &mut String) {
    let class = match block.shape {
        Shape::Source => "source",
        Shape::Transform => "transform",
        Shape::Load => "load",
    };
    let _ = writeln!(out, "  <g class=\"{class}\"><title>{}</title>", escaped(&block.story));
    let _ = writeln!(out, "    {}", outline(block.shape, frame));
    let middle = short(frame.x + frame.width / 2.0);
    let name_line = frame.y + if block.note.is_empty() { 29.0 } else { 21.0 };
    let _ = writeln!(out, "    <text x=\"{middle}\" y=\"{}\">{}</text>", short(name_line), escaped(&block.name));
    if !block.note.is_empty() {
        let (y, note) = (short(frame.y + 38.0), escaped(&block.note));
        let _ = writeln!(out, "    <text class=\"note\" x=\"{middle}\" y=\"{y}\">{note}</text>");
    }
    out.push_str("  </g>\n");
}

/// Sources lean like a document tray, computed tables are round boxes, loads point onwards.
fn outline(shape: Shape, frame: Frame) -> String {
    let Frame { x, y, width, height } = frame;
    let (right, bottom) = (x + width, y + height);
    let points = match shape {
        Shape::Transform => {
            let (x, y, width, height) = (short(x), short(y), short(width), short(height));
            return format!("<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>");
        }
        Shape::Source => vec![(x + SLANT, y), (right, y), (right - SLANT, bottom), (x, bottom)],
        Shape::Load => {
            let middle = y + height / 2.0;
            vec![(x, y), (right - SLANT, y), (right, middle), (right - SLANT, bottom), (x, bottom)]
        }
    };
    let points: Vec<String> = points.into_iter().map(|(x, y)| format!("{},{}", short(x), short(y))).collect();
    format!("<polygon class=\"box\" points=\"{}\"/>", points.join(" "))
}

/// A coordinate with one decimal at most, the same on every machine.
fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

/// Text of an element; characters that XML does not allow are left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' | '\r' => out.push(' '),
            '\u{fffe}' | '\u{ffff}' => {}
            control if control.is_control() => {}
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use quick_xml::events::Event;

    use super::*;
    use crate::plan::graph::testing::graph;

    /// Names of all elements; fails when the text is not well-formed.
    fn elements(svg: &str) -> Vec<String> {
        let mut reader = quick_xml::Reader::from_str(svg);
        let mut names = Vec::new();
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) | Event::Empty(start) => {
                    names.push(start.name().as_ref().to_owned());
                }
                Event::Eof => return names,
                _ => {}
            }
        }
    }

    #[test]
    fn every_box_and_arrow_is_drawn() {
        let mut graph = graph(&["s1", "s2", "t1", "l1"], &[(0, 2), (1, 2), (2, 3)]);
        graph.arrows[1].main = false;
        let svg = render(&graph);
        let elements = elements(&svg);
        let count = |name: &str| elements.iter().filter(|element| *element == name).count();
        assert_eq!((count("g"), count("polygon"), count("desc")), (4, 3, 1));
        assert_eq!(svg.matches("marker-end").count(), 3);
        assert_eq!(svg.matches("class=\"arrow look\"").count(), 1);
        for name in ["s1", "s2", "t1", "l1"] {
            assert!(svg.contains(&format!(">{name}</text>")), "{name}");
            assert!(svg.contains(&format!("<title>story of {name}</title>")), "{name}");
        }
        assert!(svg.contains("<title id=\"title\">prova</title>"));
        assert!(svg.contains("prefers-color-scheme: dark"));
    }

    #[test]
    fn names_cannot_leave_their_element() {
        let svg = render(&graph(&["s<script>&\"\u{1}", "t</text>"], &[(0, 1)]));
        assert!(!elements(&svg).iter().any(|name| name == "script"));
        assert!(svg.contains(">s&lt;script&gt;&amp;&quot;</text>"), "{svg}");
        assert!(svg.contains(">t&lt;/text&gt;</text>"), "{svg}");
    }

    #[test]
    fn the_same_plan_is_drawn_the_same() {
        let graph = graph(&["s1", "t1", "t2", "l1"], &[(0, 1), (0, 2), (1, 3), (2, 3)]);
        assert_eq!(render(&graph), render(&graph.clone()));
    }
}
