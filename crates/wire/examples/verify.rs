//! How many signatures are verified in a second, by reading identity cards. A benchmark compares
//! this with the same in a page.

use std::time::{Duration, Instant};

use lacis_wire::card::Card;
use lacis_wire::proof::signing_key;

fn main() {
    let text = Card::new(&signing_key(&[7; 32]), "Ada").to_text();
    let (start, mut count) = (Instant::now(), 0_u32);
    while start.elapsed() < Duration::from_secs(1) {
        for _ in 0..64 {
            assert!(Card::parse(&text).is_ok());
        }
        count += 64;
    }
    println!("{}", f64::from(count) / start.elapsed().as_secs_f64());
}
