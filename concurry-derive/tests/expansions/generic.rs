#[derive(Worker)]
#[worker(mode = "asyncio", max_workers = WORKERS, process, crate = crate::facade)]
pub(crate) struct Ranker<M: Model, const SIZE: usize = 8>
where
    M::Item: Send,
{
    model: M,
}

#[worker(crate = crate::facade)]
impl<M: Model, const SIZE: usize> Ranker<M, SIZE>
where
    M::Item: Send,
{
    pub(crate) fn rank(&self, items: [M::Item; SIZE]) -> Ranking<M> {
        self.model.rank(items)
    }
}
