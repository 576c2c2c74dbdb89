#[task]
#[idempotent]
async fn fetch_page(ctx: &CallContext, url: Url, depth: usize) -> Result<Page, FetchError> {
    get(ctx, url, depth).await
}
