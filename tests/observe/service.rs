//! The worker that is watched.

use concurry::prelude::*;
use concurry::testing::{Script, ScriptedFault};

#[derive(Worker, Clone)]
pub struct Service {
    pub script: Script<u32>,
}

#[worker]
impl Service {
    pub fn ask(&self, ctx: &CallContext) -> Result<u32, ScriptedFault> {
        let _entered = ctx.span().entered();
        tracing::info!("asked");
        self.script.call()
    }

    pub fn plain(&self) -> u32 {
        1
    }
}
