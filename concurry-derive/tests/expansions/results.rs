#[worker]
impl Client {
    pub async fn new(address: String) -> anyhow::Result<Self> {
        Self::connect(address).await
    }

    pub fn written(&self) -> Result<Vec<Self>, ClientError> {
        self.peers()
    }

    pub async fn alias(&self) -> io::Result<u8> {
        self.read().await
    }

    pub fn plain(&self) -> Option<Reply> {
        self.last()
    }
}
