//! One run of `.ci/prove-ledger`, which kills it and starts it again: calls with a ledger, or a measurement.

use std::{
    env,
    time::{Duration, Instant},
};

use runtype_surface::{CallMany, Client, Error, ErrorKind};
use serde_json::{Value, json};

const AT_ONCE: u64 = 64;

struct Proof {
    client: Client,
    ledger: String,
    inputs: u64,
}

impl Proof {
    fn many(&self, capability: &str) -> CallMany {
        let inputs = (0..self.inputs).map(|id| json!({ "id": id }));
        let call = self.client.capability(capability).attempt_timeout(Duration::from_secs(1));
        call.many(inputs).concurrency(AT_ONCE)
    }

    /// Calls for each input, and says how they ended.
    async fn run(&self) -> Value {
        let [mut answered, mut replayed, mut failed, mut held, mut wrong] = [0; 5];
        let mut many = self.many("echo").ledger(&self.ledger).id("id");
        while let Some(result) = many.next().await {
            match result.result {
                Ok(response) => {
                    answered += 1;
                    replayed += u64::from(result.replayed);
                    wrong += u64::from(response.output != result.input);
                }
                Err(error) if error.kind() == ErrorKind::Ledger => held += 1,
                Err(_) => failed += 1,
            }
        }
        json!({ "answered": answered, "replayed": replayed, "failed": failed, "held": held, "wrong": wrong })
    }

    /// The rates without and with a ledger, the best of three each, by turns.
    async fn measure(&self) -> Result<Value, Error> {
        let (mut without, mut ledger) = (f64::INFINITY, f64::INFINITY);
        for turn in 0..3 {
            without = without.min(seconds(self.many("slow")).await?);
            let path = format!("{}.{turn}", self.ledger);
            ledger = ledger.min(seconds(self.many("slow").ledger(path).id("id")).await?);
        }
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let inputs = self.inputs as f64;
        Ok(json!({ "without": (inputs / without).round(), "ledger": (inputs / ledger).round() }))
    }
}

async fn seconds(mut many: CallMany) -> Result<f64, Error> {
    let began = Instant::now();
    while let Some(result) = many.next().await {
        result.result?;
    }
    Ok(began.elapsed().as_secs_f64())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (ledger, inputs) = (env::var("PROVE_LEDGER")?, env::var("PROVE_INPUTS")?.parse()?);
    let proof = Proof { client: Client::from_env()?, ledger, inputs };
    let told = if env::var("PROVE_MODE")? == "measure" { proof.measure().await? } else { proof.run().await };
    println!("{told}");
    Ok(())
}
