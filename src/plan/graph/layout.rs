//! Where the boxes of a drawing stand: layers from left to right, few crossings, no arrow through a box.
//!
//! An arrow that passes several layers gets a small place of its own in each of them, so that boxes make room for it.

use std::collections::BTreeMap;

use crate::plan::graph::{Block, Graph};

/// Height of a box.
pub const BOX_HEIGHT: f64 = 48.0;
/// Space around the drawing.
pub const MARGIN: f64 = 24.0;
const LAYER_GAP: f64 = 72.0;
const ROW_GAP: f64 = 20.0;
const BEND_HEIGHT: f64 = 10.0;
const NAME_WIDTH: f64 = 8.2;
const NOTE_WIDTH: f64 = 6.4;
const PADDING: f64 = 36.0;
const MIN_WIDTH: f64 = 96.0;
const SWEEPS: usize = 12;

/// A drawing with places.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Width of the whole.
    pub width: f64,
    /// Height of the whole.
    pub height: f64,
    /// A frame for each box of the graph, in its order.
    pub frames: Vec<Frame>,
    /// A path for each arrow of the graph, in its order: the points from box to box.
    pub paths: Vec<Vec<(f64, f64)>>,
}

/// Where a box stands: its upper left corner and its size.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Frame {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// Finds a place for everything.
#[must_use]
pub fn layout(graph: &Graph) -> Layout {
    let mut grid = Grid::new(graph);
    grid.order();
    grid.place();
    grid.finish(graph)
}

/// Boxes and bends (where a long arrow passes a layer), by layer.
struct Grid {
    cells: Vec<Cell>,
    /// Cells of each layer from top to bottom.
    layers: Vec<Vec<usize>>,
    /// Cells that each arrow touches, from its start to its end.
    chains: Vec<Vec<usize>>,
}

struct Cell {
    frame: Frame,
    before: Vec<usize>,
    after: Vec<usize>,
}

impl Grid {
    fn new(graph: &Graph) -> Self {
        let layer_of = layers(graph);
        let depth = layer_of.iter().max().map_or(0, |last| last + 1);
        let mut grid = Self { cells: Vec::new(), layers: vec![Vec::new(); depth], chains: Vec::new() };
        for (block, layer) in graph.boxes.iter().zip(&layer_of) {
            grid.add(width(block), BOX_HEIGHT, *layer);
        }
        for arrow in &graph.arrows {
            let mut chain = vec![arrow.from];
            for layer in layer_of[arrow.from] + 1..layer_of[arrow.to] {
                chain.push(grid.add(0.0, BEND_HEIGHT, layer));
            }
            chain.push(arrow.to);
            for pair in chain.windows(2) {
                grid.cells[pair[0]].after.push(pair[1]);
                grid.cells[pair[1]].before.push(pair[0]);
            }
            grid.chains.push(chain);
        }
        grid
    }

    fn add(&mut self, width: f64, height: f64, layer: usize) -> usize {
        let index = self.cells.len();
        let frame = Frame { width, height, ..Frame::default() };
        self.cells.push(Cell { frame, before: Vec::new(), after: Vec::new() });
        self.layers[layer].push(index);
        index
    }

    /// Orders each layer by the middle of its neighbours, forth and back, which takes most crossings away.
    fn order(&mut self) {
        for sweep in 0..SWEEPS {
            let forth = sweep % 2 == 0;
            let depth = self.layers.len();
            for step in 1..depth {
                let layer = if forth { step } else { depth - 1 - step };
                let rank = self.ranks(if forth { layer - 1 } else { layer + 1 });
                let mut sorted: Vec<(f64, usize)> = self.layers[layer]
                    .iter()
                    .enumerate()
                    .map(|(position, &cell)| {
                        let neighbours = if forth { &self.cells[cell].before } else { &self.cells[cell].after };
                        let ranks = neighbours.iter().filter_map(|neighbour| rank.get(neighbour).copied());
                        (mean(ranks).unwrap_or_else(|| number(position)), cell)
                    })
                    .collect();
                sorted.sort_by(|left, right| left.0.total_cmp(&right.0));
                self.layers[layer] = sorted.into_iter().map(|(_, cell)| cell).collect();
            }
        }
    }

    fn ranks(&self, layer: usize) -> BTreeMap<usize, f64> {
        self.layers[layer].iter().enumerate().map(|(position, &cell)| (cell, number(position))).collect()
    }

    /// Columns by the widest box of a layer; rows by repeatedly moving cells towards their neighbours.
    fn place(&mut self) {
        let mut left = MARGIN;
        for layer in &self.layers {
            let widest = layer.iter().map(|&cell| self.cells[cell].frame.width).fold(0.0, f64::max);
            for &cell in layer {
                self.cells[cell].frame.x = left;
                self.cells[cell].frame.width = widest;
            }
            left += widest + LAYER_GAP;
        }
        for index in 0..self.layers.len() {
            self.spread(index, |_| 0.0);
        }
        for sweep in 0..SWEEPS {
            for step in 0..self.layers.len() {
                let index = if sweep % 2 == 0 { step } else { self.layers.len() - 1 - step };
                let wanted: BTreeMap<usize, f64> =
                    self.layers[index].iter().map(|&cell| (cell, self.wanted(cell))).collect();
                self.spread(index, |cell| wanted.get(&cell).copied().unwrap_or(0.0));
            }
        }
    }

    /// The middle that brings a cell in line with its neighbours.
    fn wanted(&self, cell: usize) -> f64 {
        let neighbours = self.cells[cell].before.iter().chain(&self.cells[cell].after);
        mean(neighbours.map(|&neighbour| self.middle(neighbour))).unwrap_or_else(|| self.middle(cell))
    }

    fn middle(&self, cell: usize) -> f64 {
        let frame = &self.cells[cell].frame;
        frame.y + frame.height / 2.0
    }

    /// Puts the cells of a layer where they want to be, pushed apart where they would overlap and then moved together so
    /// that the pushing is shared.
    fn spread(&mut self, layer: usize, wanted: impl Fn(usize) -> f64) {
        let cells = self.layers[layer].clone();
        let mut floor = f64::NEG_INFINITY;
        let mut pushed = 0.0;
        for &cell in &cells {
            let frame = &mut self.cells[cell].frame;
            let target = wanted(cell) - frame.height / 2.0;
            frame.y = target.max(floor);
            pushed += frame.y - target;
            floor = frame.y + frame.height + ROW_GAP;
        }
        let shift = pushed / number(cells.len().max(1));
        for &cell in &cells {
            self.cells[cell].frame.y -= shift;
        }
    }

    fn finish(mut self, graph: &Graph) -> Layout {
        let top = self.cells.iter().map(|cell| cell.frame.y).fold(f64::INFINITY, f64::min);
        for cell in &mut self.cells {
            cell.frame.y += MARGIN - top;
        }
        let extent = |edge: fn(&Frame) -> f64| self.cells.iter().map(|cell| edge(&cell.frame)).fold(0.0, f64::max);
        Layout {
            width: extent(|frame| frame.x + frame.width) + MARGIN,
            height: extent(|frame| frame.y + frame.height) + MARGIN,
            frames: self.cells.iter().take(graph.boxes.len()).map(|cell| cell.frame).collect(),
            paths: self.chains.iter().map(|chain| self.path(chain)).collect(),
        }
    }

    /// From the right edge of the first box, along both edges of each bend, to the left edge of the last box.
    fn path(&self, chain: &[usize]) -> Vec<(f64, f64)> {
        let right = |cell: usize| (self.cells[cell].frame.x + self.cells[cell].frame.width, self.middle(cell));
        let left = |cell: usize| (self.cells[cell].frame.x, self.middle(cell));
        let last = chain.len().saturating_sub(1);
        let points = chain.iter().enumerate().flat_map(|(position, &cell)| match position {
            0 => vec![right(cell)],
            _ if position == last => vec![left(cell)],
            _ => vec![left(cell), right(cell)],
        });
        points.collect()
    }
}

/// The layer of each box: as far left as its inputs allow; one without inputs as near to its reader as it can be.
fn layers(graph: &Graph) -> Vec<usize> {
    let mut layers = vec![0; graph.boxes.len()];
    // Boxes come after those they read, so the length of the longest way is known after as many rounds as boxes at most.
    for _ in 0..graph.boxes.len() {
        for arrow in &graph.arrows {
            layers[arrow.to] = layers[arrow.to].max(layers[arrow.from] + 1);
        }
    }
    for index in 0..layers.len() {
        let is_start = graph.arrows.iter().all(|arrow| arrow.to != index);
        let readers = graph.arrows.iter().filter(|arrow| arrow.from == index).map(|arrow| layers[arrow.to]);
        if let (true, Some(nearest)) = (is_start, readers.min()) {
            layers[index] = nearest - 1;
        }
    }
    layers
}

fn width(block: &Block) -> f64 {
    let name = number(block.name.chars().count()) * NAME_WIDTH;
    let note = number(block.note.chars().count()) * NOTE_WIDTH;
    (name.max(note) + PADDING).max(MIN_WIDTH)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_usize), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / number(count))
}

/// A count as a coordinate; drawings are far smaller than what loses digits.
fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::graph::testing::graph;

    fn overlap(left: &Frame, right: &Frame) -> bool {
        left.x < right.x + right.width
            && right.x < left.x + left.width
            && left.y < right.y + right.height
            && right.y < left.y + left.height
    }

    #[test]
    fn arrows_point_to_the_right_and_boxes_do_not_overlap() {
        let names = ["s1", "s2", "s3", "t1", "t2", "t3", "l1", "l2", "l3"];
        let arrows = [(0, 3), (1, 3), (1, 4), (2, 5), (3, 5), (4, 5), (5, 6), (3, 7), (0, 8), (0, 5)];
        let graph = graph(&names, &arrows);
        let layout = layout(&graph);
        assert_eq!((layout.frames.len(), layout.paths.len()), (names.len(), arrows.len()));
        for (index, left) in layout.frames.iter().enumerate() {
            assert!(left.x > MARGIN - 0.01 && left.y > MARGIN - 0.01, "{left:?}");
            assert!(left.x + left.width <= layout.width && left.y + left.height <= layout.height, "{left:?}");
            for right in &layout.frames[index + 1..] {
                assert!(!overlap(left, right), "{left:?} {right:?}");
            }
        }
        for (path, (from, to)) in layout.paths.iter().zip(arrows) {
            let (from, to) = (layout.frames[from], layout.frames[to]);
            assert_eq!(path.first(), Some(&(from.x + from.width, from.y + from.height / 2.0)));
            assert_eq!(path.last(), Some(&(to.x, to.y + to.height / 2.0)));
            assert!(path.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{path:?}");
        }
    }

    #[test]
    fn a_long_arrow_goes_around_the_box_between() {
        let graph = graph(&["s1", "t1", "t2"], &[(0, 1), (1, 2), (0, 2)]);
        let layout = layout(&graph);
        let between = layout.frames[1];
        let bend = layout.paths[2][1];
        assert!(bend.1 < between.y || bend.1 > between.y + between.height, "{bend:?} {between:?}");
    }

    #[test]
    fn a_source_stands_beside_its_first_reader() {
        let graph = graph(&["s1", "t1", "t2", "s2"], &[(0, 1), (1, 2), (3, 2)]);
        assert_eq!(layers(&graph), [0, 1, 2, 1]);
    }

    #[test]
    fn an_empty_drawing_has_a_size() {
        let layout = layout(&graph(&[], &[]));
        assert!(layout.width > 0.0 && layout.height > 0.0);
    }
}
