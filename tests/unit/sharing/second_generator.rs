//! Other people, by another model: from hour to hour a person moves between states by chance, and in an hour of use there are a few
//! bursts. It judges the rule that was tuned on the first generator; nothing is tuned on it.
//!
//! All parameters are assumed, and chosen to differ from those of the first generator.

use super::random::Random;
use super::traffic::{Browser, Seen, Traffic};

const HOUR: f64 = 3600.0;
const SLOT: f64 = 330.0;

#[derive(Clone, Copy, PartialEq)]
enum State {
    Asleep,
    Home,
    Way,
    Work,
    Out,
}

#[derive(Clone, Copy, PartialEq)]
enum Life {
    /// Works in the office by day.
    Clerk,
    /// Works early, late or at night, a week each.
    Shift,
    /// Moves between lecture, library and dormitory all day.
    Student,
    /// Works in cafés and shared offices, and moves to another town every few weeks.
    Nomad,
}

/// The addresses of one place: some, of which each burst shows one.
struct Place {
    addresses: Vec<u32>,
}

impl Place {
    fn new(traffic: &mut Traffic, many: u32) -> Self {
        Self { addresses: (0..many).map(|_| traffic.id()).collect() }
    }

    fn any(&self, random: &mut Random) -> u32 {
        self.addresses[random.below(self.addresses.len() as u32) as usize]
    }
}

struct Gadget {
    browser: Browser,
    /// How likely it is the one in hand, by state: home, way, work, out.
    shares: [f64; 4],
    /// Where the place's own network is not used: the carrier.
    mobile_share: f64,
    /// Where a private network is put before it.
    tunnel_share: f64,
}

struct Being {
    life: Life,
    /// Hours of use among those awake, at work and otherwise.
    busy_at_work: f64,
    busy_elsewhere: f64,
    gadgets: Vec<Gadget>,
    home: Place,
    work: Place,
    mobile: Place,
    tunnel: Place,
    tethers: bool,
    moves_every: u32,
    offset: f64,
}

struct Scene {
    random: Random,
    traffic: Traffic,
    weekday: u32,
}

impl Scene {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed ^ 0x5ec0_4d5e_c04d);
        let idle = if random.chance(0.5) { 2.0 * HOUR } else { 14.0 * 24.0 * HOUR };
        let weekday = random.below(7);
        Self { random, traffic: Traffic::new(idle), weekday }
    }

    fn gadget(&mut self, shares: [f64; 4], mobile_share: f64, tunnel_share: f64) -> Gadget {
        Gadget { browser: self.traffic.browser(), shares, mobile_share, tunnel_share }
    }

    fn being(&mut self, life: Life, all_devices: bool) -> Being {
        let random = &mut self.random;
        let (wifi, tunnels) = (random.between(0.0, 1.0).powi(3), if random.chance(0.15) { 0.5 } else { 0.0 });
        let (tablet, pc) = (all_devices || random.chance(0.3), all_devices || random.chance(0.5));
        let fixed = if life == Life::Nomad { [0.2, 0.0, 0.3, 0.0] } else { [0.0, 0.0, 0.8, 0.0] };
        let mut gadgets =
            vec![self.gadget([0.4, 0.8, 0.15, 0.8], wifi, tunnels), self.gadget([0.4, 0.2, 0.3, 0.2], 0.05, tunnels)];
        if tablet {
            gadgets.push(self.gadget([0.3, 0.0, 0.0, 0.0], 0.0, 0.0));
        }
        if pc {
            gadgets.push(self.gadget(fixed, 0.0, 0.0));
        }
        // IPv4 and IPv6 are two addresses of one place; a campus has many translators.
        let (home, work) = (1 + self.random.below(2), if life == Life::Student { 6 } else { 1 + self.random.below(3) });
        let (home, work) = (Place::new(&mut self.traffic, home), Place::new(&mut self.traffic, work));
        let (mobile, tunnel) = (Place::new(&mut self.traffic, 200), Place::new(&mut self.traffic, 3));
        let random = &mut self.random;
        Being {
            life,
            busy_at_work: random.between(0.35, 0.95),
            busy_elsewhere: random.between(0.02, 0.25),
            gadgets,
            home,
            work,
            mobile,
            tunnel,
            tethers: random.chance(0.3),
            moves_every: if life == Life::Nomad { 10 + random.below(30) } else { 10_000 },
            offset: random.between(-1.0, 1.0) * HOUR,
        }
    }

    /// The state after an hour.
    fn next(&mut self, being: &Being, state: State, day: u32, hour: u32) -> State {
        let free = (day + self.weekday) % 7 >= 5;
        let hour = match being.life {
            // Early, late, night.
            Life::Shift => (hour + [2, 18, 10][(day / 7 % 3) as usize]) % 24,
            Life::Student => (hour + 22) % 24,
            Life::Clerk | Life::Nomad => hour,
        };
        let works = !free && (8..18).contains(&hour);
        let night = !(7..23).contains(&hour);
        let random = &mut self.random;
        match state {
            State::Asleep if night => {
                if random.chance(0.97) {
                    State::Asleep
                } else {
                    State::Home
                }
            }
            State::Asleep => {
                if random.chance(0.8) {
                    State::Home
                } else {
                    State::Asleep
                }
            }
            State::Home if night => {
                if random.chance(0.75) {
                    State::Asleep
                } else {
                    State::Home
                }
            }
            // Some days are worked at home.
            State::Home if works => {
                if random.chance(0.55) {
                    State::Way
                } else {
                    State::Home
                }
            }
            State::Home => {
                if random.chance(0.12) {
                    State::Out
                } else {
                    State::Home
                }
            }
            State::Way if works => State::Work,
            State::Way => State::Home,
            State::Work if works && being.life == Life::Student && random.chance(0.2) => State::Home,
            State::Work if works => {
                if random.chance(0.9) {
                    State::Work
                } else {
                    State::Out
                }
            }
            State::Work => {
                if random.chance(0.7) {
                    State::Way
                } else {
                    State::Work
                }
            }
            State::Out if works => State::Work,
            State::Out => {
                if random.chance(0.5) {
                    State::Way
                } else {
                    State::Out
                }
            }
        }
    }

    fn hour(&mut self, being: &mut Being, state: State, works: bool, at: f64, out: u32) {
        let column = match state {
            State::Asleep => return,
            State::Home => 0,
            State::Way => 1,
            State::Work => 2,
            State::Out => 3,
        };
        let busy = if state == State::Work || state == State::Home && works {
            being.busy_at_work
        } else {
            being.busy_elsewhere
        };
        if !self.random.chance(busy) {
            return;
        }
        let bursts = 1 + self.random.below(3);
        for burst in 0..bursts {
            let shares: Vec<_> = being.gadgets.iter().map(|gadget| gadget.shares[column]).collect();
            let gadget = self.random.one_of(&shares);
            let begins = at + (f64::from(burst) + self.random.unit()) * HOUR / f64::from(bursts);
            let slots = 1 + self.random.below(4);
            self.burst(being, gadget, state, begins, slots, out);
        }
    }

    fn burst(&mut self, being: &mut Being, gadget: usize, state: State, begins: f64, slots: u32, out: u32) {
        let random = &mut self.random;
        let tool = &being.gadgets[gadget];
        let on_carrier = random.chance(tool.mobile_share) || state == State::Way && (gadget == 0 || being.tethers);
        let address = if random.chance(tool.tunnel_share) {
            being.tunnel.any(random)
        } else if on_carrier {
            being.mobile.any(random)
        } else {
            match state {
                State::Home | State::Asleep => being.home.any(random),
                State::Work => being.work.any(random),
                State::Out | State::Way => out,
            }
        };
        for slot in 0..slots {
            // A carrier's translator may change between two requests.
            let address =
                if on_carrier && self.random.chance(0.1) { being.mobile.any(&mut self.random) } else { address };
            let at = begins + f64::from(slot) * SLOT + self.random.between(0.0, 25.0);
            self.traffic.request(&mut being.gadgets[gadget].browser, at, address);
        }
        if self.random.chance(0.002) {
            self.traffic.forget(&mut being.gadgets[gadget].browser);
        }
    }

    fn live(&mut self, being: &mut Being, days: u32) {
        let mut state = State::Asleep;
        let mut out = self.traffic.id();
        for day in 0..days {
            if day % being.moves_every == being.moves_every - 1 {
                being.home = Place::new(&mut self.traffic, 1);
                being.work = Place::new(&mut self.traffic, 1);
            }
            for hour in 0..24 {
                let before = state;
                state = self.next(being, state, day, hour);
                if state == State::Out && before != State::Out {
                    out = self.traffic.id();
                }
                let works = (day + self.weekday) % 7 < 5 && (9..17).contains(&hour);
                let at = f64::from(day * 24 + hour) * HOUR + being.offset;
                self.hour(being, state, works, at, out);
            }
        }
    }
}

const LIVES: [Life; 4] = [Life::Clerk, Life::Shift, Life::Student, Life::Nomad];

/// One person with phone, laptop, tablet and PC: by the seed an employee, a shift worker, a student or a nomad.
pub(super) fn one_person(seed: u64, days: u32) -> Vec<Seen> {
    let mut scene = Scene::new(seed);
    let mut being = scene.being(LIVES[(seed % 4) as usize], true);
    scene.live(&mut being, days);
    scene.traffic.finish()
}

/// So many colleagues in as many offices.
pub(super) fn people_apart(seed: u64, people: u32, days: u32) -> Vec<Seen> {
    let mut scene = Scene::new(seed);
    for _ in 0..people {
        let mut being = scene.being(Life::Clerk, false);
        scene.live(&mut being, days);
    }
    scene.traffic.finish()
}
