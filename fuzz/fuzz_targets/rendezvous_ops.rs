//! A life of a registry, restarts included, beside a model that says what must be true after every step.
#![no_main]

use libfuzzer_sys::fuzz_target;
use papo_fuzz::ops::Life;
use papo_fuzz::world::World;

fuzz_target!(|life: Life| {
    let mut world = World::new(&life.setup);
    for op in &life.ops {
        world.play(op);
    }
});
