//! Edges by their node, all in two arrays: nothing is allocated for a single edge.

/// For each node, a list of others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edges {
    /// Where the list of each node begins; one more at the end.
    starts: Vec<u32>,
    targets: Vec<u32>,
}

impl Edges {
    pub(crate) fn new() -> Self {
        Self { starts: vec![0], targets: Vec::new() }
    }

    pub(crate) fn push(&mut self, target: u32) {
        self.targets.push(target);
    }

    /// The next node's list begins.
    pub(crate) fn end_list(&mut self) {
        self.starts.push(index(self.targets.len()));
    }

    /// The nodes before this one that have no list yet have an empty one.
    pub(crate) fn end_lists_before(&mut self, node: u32) {
        let end = index(self.targets.len());
        self.starts.resize(self.starts.len().max(node as usize + 1), end);
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub(crate) fn of(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.targets[self.starts[node] as usize..self.starts[node + 1] as usize]
    }

    pub(crate) fn degree(&self, node: u32) -> u32 {
        let node = node as usize;
        self.starts[node + 1] - self.starts[node]
    }

    /// The length of each list.
    pub(crate) fn degrees(&self) -> Vec<u32> {
        self.starts.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    /// The same edges, from their other ends.
    pub(crate) fn reversed(&self) -> Self {
        let mut starts = vec![0_u32; self.starts.len()];
        for &target in &self.targets {
            starts[target as usize + 1] += 1;
        }
        for node in 1..starts.len() {
            starts[node] += starts[node - 1];
        }
        let mut next = starts.clone();
        let mut targets = vec![0; self.targets.len()];
        for node in 0..self.len() {
            let node = index(node);
            for &target in self.of(node) {
                let place = &mut next[target as usize];
                targets[*place as usize] = node;
                *place += 1;
            }
        }
        Self { starts, targets }
    }
}

/// An index of a node. A graph has fewer than 2³² nodes and edges: so many would not fit in memory
/// before.
pub(crate) fn index(place: usize) -> u32 {
    match u32::try_from(place) {
        Ok(index) => index,
        Err(_) => panic!("a graph has fewer than 2^32 nodes and edges"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reversed_edges_lead_back() {
        let mut edges = Edges::new();
        for list in [&[1, 2][..], &[2, 2], &[]] {
            list.iter().for_each(|&target| edges.push(target));
            edges.end_list();
        }
        let reversed = edges.reversed();
        assert_eq!(reversed.degrees(), [0, 1, 3]);
        assert_eq!((reversed.of(1), reversed.of(2)), (&[0][..], &[0, 1, 1][..]));
        assert_eq!(reversed.reversed().of(0), edges.of(0));
    }
}
