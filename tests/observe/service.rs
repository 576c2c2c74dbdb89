//! The worker that is watched.

use concurry::prelude::*;
use concurry::testing::{Script, ScriptedFault};

#[derive(Worker, Clone)]
pub struct Service {
    pub script: Script<u32>,
}

#[worker]
impl Service {
    pub fn ask(&self) -> Result<u32, ScriptedFault> {
        self.script.call()
    }

    pub fn log(&self, ctx: &CallContext) {
        let _entered = ctx.span().entered();
        tracing::info!("asked");
    }

    pub fn plain(&self) -> u32 {
        1
    }
}
