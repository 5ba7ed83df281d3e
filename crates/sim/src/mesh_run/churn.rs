//! Most die at once, then some come and go all the time.

use super::MeshOptions;
use super::crowd::Crowd;

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct ChurnFigures {
    /// Of what was told a minute after eight in ten died, how much was heard, in percent.
    pub delivered_60s_percent: f64,
    /// The same after three minutes.
    pub delivered_180s_percent: f64,
    /// Islands beyond the first then.
    pub partitions_180s: usize,
    /// The same, after a tenth of all came and went each minute, for five minutes.
    pub delivered_after_percent: f64,
    /// Islands beyond the first after that.
    pub partitions_left: usize,
    /// Of those whom another nine in ten left, nodes without any link a minute later that take
    /// somebody for linked.
    pub alone_unaware: usize,
    /// The most connections that anybody held at any time.
    pub max_links: usize,
    /// What no checker may find.
    pub failure: Option<String>,
}

/// Puts a room up, has most of it die, and measures.
#[must_use]
pub fn run_churn(options: MeshOptions) -> ChurnFigures {
    let mut crowd = Crowd::new(options);
    crowd.gather();
    crowd.calm(options.calm_s);
    crowd.rounds(1, |crowd| vec![crowd.any()]);
    let mut figures = ChurnFigures::default();
    crowd.die(options.nodes * 4 / 5);
    crowd.calm(60);
    figures.delivered_60s_percent = heard(&mut crowd);
    crowd.tell("a minute after most died");
    crowd.calm(60);
    figures.delivered_180s_percent = heard(&mut crowd);
    figures.partitions_180s = crowd.islands() - 1;
    crowd.tell("three minutes after that");
    come_and_go(&mut crowd);
    crowd.calm(30);
    figures.partitions_left = crowd.islands() - 1;
    figures.delivered_after_percent = heard(&mut crowd);
    crowd.tell("some came and went");
    crowd.die(crowd.living().len() * 9 / 10);
    crowd.calm(60);
    figures.alone_unaware = crowd.unaware();
    figures.max_links = crowd.max_links;
    figures.failure = crowd.world.violation().map(str::to_owned);
    figures
}

/// Tellers of whose words it is counted how many hear them.
const TELLERS: usize = 20;

/// How much of what some tell is heard, in percent.
fn heard(crowd: &mut Crowd) -> f64 {
    let spread = crowd.rounds(TELLERS, |crowd| vec![crowd.any()]);
    100.0 * spread.heard as f64 / (spread.heard + spread.missed).max(1) as f64
}

/// For five minutes one in ten goes each minute, and as many come.
fn come_and_go(crowd: &mut Crowd) {
    let each = (crowd.living().len() / 60).max(1);
    for _ in 0..50 {
        crowd.die(each);
        for _ in 0..each {
            crowd.come();
        }
        crowd.calm(6);
    }
}
