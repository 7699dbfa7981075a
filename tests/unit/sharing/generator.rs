//! People's days, from a seed: schedules of a day each, with its places, networks, devices and visits to the application.
//!
//! It was written before the rule and is not tuned with it. Figures marked "from memory" are public statistics quoted from memory
//! and rounded; figures marked "assumed" have no source.

use super::random::Random;
use super::traffic::{Browser, Seen, Traffic};

const HOUR: f64 = 3600.0;
const DAY: f64 = 24.0 * HOUR;

/// The addresses that the clients of one place show.
struct Network {
    v4: Vec<u32>,
    v6: Option<u32>,
    /// The mean time until the provider assigns others.
    renewed_after: f64,
    next_renewal: f64,
}

impl Network {
    /// Some 45 % of clients reach dual-stack servers by IPv6 (Google's statistic of IPv6 adoption, 2024, from memory).
    fn home(traffic: &mut Traffic, random: &mut Random) -> Self {
        let v6 = random.chance(0.45).then(|| traffic.id());
        // Most lines keep an address for weeks; some providers renew it each night (assumed: one in five). Behind carrier-grade NAT
        // (assumed: one line in seven) several addresses are in use at once; RFC 6888 asks for "paired" pooling, so few are.
        let several = if random.chance(0.15) { 3 } else { 1 };
        let v4 = (0..several).map(|_| traffic.id()).collect();
        let renewed_after = if random.chance(0.2) { DAY } else { 45.0 * DAY };
        Self { v4, v6, renewed_after, next_renewal: random.wait(renewed_after) }
    }

    /// One address, or a few gateways that share the load (assumed: three offices in ten). IPv6 in offices is rarer (assumed).
    fn office(traffic: &mut Traffic, random: &mut Random) -> Self {
        let gateways = if random.chance(0.3) { 2 + random.below(3) } else { 1 };
        let v4 = (0..gateways).map(|_| traffic.id()).collect();
        let v6 = random.chance(0.2).then(|| traffic.id());
        Self { v4, v6, renewed_after: 1000.0 * DAY, next_renewal: 1000.0 * DAY }
    }

    fn address(&mut self, at: f64, traffic: &mut Traffic, random: &mut Random) -> u32 {
        if at > self.next_renewal {
            self.v4.iter_mut().for_each(|address| *address = traffic.id());
            self.v6 = self.v6.map(|_| traffic.id());
            self.next_renewal = at + random.wait(self.renewed_after);
        }
        // Happy Eyeballs (RFC 8305) prefers IPv6, and falls back now and then: one device shows both in turn.
        match self.v6 {
            Some(v6) if random.chance(0.8) => v6,
            _ => self.v4[random.below(self.v4.len() as u32) as usize],
        }
    }
}

/// A carrier: its translators give a phone one of many addresses, and another after most pauses.
struct Mobile {
    pool: Vec<u32>,
    current: u32,
    last_used: f64,
    /// Carriers give each connection an IPv6 /64 of its own; half of them have IPv6 (assumed).
    has_v6: bool,
    v6: u32,
}

impl Mobile {
    fn new(traffic: &mut Traffic, random: &mut Random) -> Self {
        let pool: Vec<_> = (0..64).map(|_| traffic.id()).collect();
        let (current, v6) = (pool[0], traffic.id());
        Self { pool, current, last_used: f64::NEG_INFINITY, has_v6: random.chance(0.5), v6 }
    }

    fn address(&mut self, at: f64, traffic: &mut Traffic, random: &mut Random) -> u32 {
        // After half an hour the radio has slept or moved to another cell (assumed).
        let changes = if at - self.last_used > HOUR / 2.0 { 0.7 } else { 0.05 };
        if random.chance(changes) {
            self.current = self.pool[random.below(64) as usize];
            self.v6 = traffic.id();
        }
        self.last_used = at;
        if self.has_v6 && random.chance(0.8) { self.v6 } else { self.current }
    }
}

/// How a device reaches the server at one visit.
#[derive(Clone, Copy, PartialEq)]
enum Route {
    Home,
    Office,
    /// Another network in the office, for guests and phones.
    Guests,
    Mobile,
    /// A café, a train, a hotel: an address that lasts as long as the stay.
    Elsewhere(u32),
    Vpn,
    /// A relay that gives each device exits of its own, such as iCloud Private Relay.
    Relay,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Pc,
    Laptop,
    Phone,
    Tablet,
}

struct Device {
    kind: Kind,
    browsers: Vec<Browser>,
    relay: Vec<u32>,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Home,
    Office,
    Way,
    Cafe,
    Hotel,
}

/// Part of a day: from when until when, where, and how many visits an hour.
struct Stay {
    place: Place,
    from: f64,
    to: f64,
    pace: f64,
}

/// What a person has.
#[derive(Clone, Copy)]
struct Equipment {
    pc: f64,
    laptop: f64,
    phone: f64,
    tablet: f64,
}

const FOUR_DEVICES: Equipment = Equipment { pc: 1.0, laptop: 1.0, phone: 1.0, tablet: 1.0 };
/// One of three who share: a computer, mostly a phone, sometimes a tablet (assumed).
const COLLEAGUE: Equipment = Equipment { pc: 0.6, laptop: 1.0, phone: 0.7, tablet: 0.2 };

struct Habits {
    work_begins: f64,
    work_lasts: f64,
    commute: f64,
    /// Of the working days, at the office.
    office_share: f64,
    /// Visits an hour at work and at leisure, and their minutes.
    pace: f64,
    leisure_pace: f64,
    minutes: f64,
    phone_on_home_wifi: bool,
    phone_on_office_wifi: bool,
    office_has_guests: bool,
    laptop_to_office: bool,
    company_vpn: bool,
    private_vpn: bool,
    relay: bool,
    /// A tab that polls is left open on the PC in the office.
    leaves_tab: bool,
    tab_overnight: f64,
    second_screen: f64,
    remote_desktop: bool,
    clears_cookies: f64,
    private_window: bool,
    /// Days of holidays in the time simulated: from, to, shift of the clock in hours.
    trips: Vec<(u32, u32, f64)>,
    absent: f64,
}

impl Habits {
    fn draw(random: &mut Random, days: u32, holidays: bool) -> Self {
        let mut trips = Vec::new();
        if holidays {
            // 25 days of leave a year are common in Europe (from memory), about half of them away from home (assumed).
            if random.chance(0.5) {
                let (from, length) = (random.below(days), 4 + random.below(11));
                trips.push((from, from + length, random.between(-8.0, 8.0).round()));
            }
            // Travel on business: three people in ten, two short trips a quarter (assumed).
            if random.chance(0.3) {
                for _ in 0..2 {
                    let from = random.below(days);
                    trips.push((from, from + 1 + random.below(3), random.between(-3.0, 3.0).round()));
                }
            }
        }
        Self {
            // Time-use surveys (ATUS, HETUS; from memory): work begins between 7 and 9:30 and takes some eight hours; a way to work
            // takes some 27 minutes.
            work_begins: random.between(7.0, 9.5) * HOUR,
            work_lasts: random.between(7.5, 9.0) * HOUR,
            commute: random.around(27.0, 0.5).clamp(5.0, 90.0) * 60.0,
            // Some work in the office only, most on two to four days (surveys of hybrid work after 2022, from memory).
            office_share: if random.chance(0.4) { 1.0 } else { random.between(0.3, 0.8) },
            // An application for work: ten visits of eight minutes on a day, from three to forty (assumed).
            pace: random.around(1.3, 0.5).clamp(0.4, 6.0),
            leisure_pace: random.around(0.15, 0.6).clamp(0.02, 1.0),
            minutes: random.around(8.0, 0.3),
            // Nearly all phones use Wi-Fi at home; a few with an unlimited tariff never do (assumed: 7 %).
            phone_on_home_wifi: random.chance(0.93),
            phone_on_office_wifi: random.chance(0.5),
            office_has_guests: random.chance(0.4),
            laptop_to_office: random.chance(0.5),
            company_vpn: random.chance(0.35),
            // A quarter to a third of people say they use a VPN, a tenth daily (consumer surveys, from memory).
            private_vpn: random.chance(0.1),
            // Private Relay: for subscribers, in Safari (assumed: 6 %).
            relay: random.chance(0.06),
            leaves_tab: random.chance(0.15),
            tab_overnight: random.between(0.0, 0.6),
            // A second screen beside the first: most people do it at times (surveys, from memory); in one application rarely (assumed).
            second_screen: random.between(0.0, 0.2),
            remote_desktop: false,
            // Cookies last up to 400 days in Chrome; most people clear them never or seldom, some every few weeks (assumed).
            clears_cookies: if random.chance(0.25) { 1.0 / random.between(15.0, 60.0) } else { 1.0 / 1000.0 },
            private_window: random.chance(0.03),
            trips,
            // Sick, or a day off.
            absent: 0.05,
        }
    }
}

struct Person {
    habits: Habits,
    devices: Vec<Device>,
    mobile: Mobile,
    vpn: Vec<u32>,
    vpn_exit: u32,
    /// The indexes of its networks.
    home: usize,
    office: usize,
    guests: usize,
}

/// One account and everybody who uses it.
struct World {
    random: Random,
    traffic: Traffic,
    networks: Vec<Network>,
    first_weekday: u32,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        // Hosts end idle sessions after half an hour, half a day or a month (assumed).
        let idle = [HOUR / 2.0, 12.0 * HOUR, 30.0 * DAY][random.below(3) as usize];
        let first_weekday = random.below(7);
        Self { random, traffic: Traffic::new(idle), networks: Vec::new(), first_weekday }
    }

    fn network(&mut self, network: fn(&mut Traffic, &mut Random) -> Network) -> usize {
        self.networks.push(network(&mut self.traffic, &mut self.random));
        self.networks.len() - 1
    }

    fn person(&mut self, equipment: Equipment, home: usize, days: u32, holidays: bool) -> Person {
        let habits = Habits::draw(&mut self.random, days, holidays);
        let (office, guests) = (self.network(Network::office), self.network(Network::office));
        let mut devices = Vec::new();
        for (kind, share) in [
            (Kind::Pc, equipment.pc),
            (Kind::Laptop, equipment.laptop),
            (Kind::Phone, equipment.phone),
            (Kind::Tablet, equipment.tablet),
        ] {
            if self.random.chance(share) {
                // Two browsers on a computer: one in five (assumed).
                let two = matches!(kind, Kind::Pc | Kind::Laptop) && self.random.chance(0.2);
                let browsers = (0..1 + u32::from(two)).map(|_| self.traffic.browser()).collect();
                let relay = (0..40).map(|_| self.traffic.id()).collect();
                devices.push(Device { kind, browsers, relay });
            }
        }
        let mobile = Mobile::new(&mut self.traffic, &mut self.random);
        let vpn: Vec<_> = (0..6).map(|_| self.traffic.id()).collect();
        let vpn_exit = vpn[0];
        Person { habits, devices, mobile, vpn, vpn_exit, home, office, guests }
    }

    fn live(&mut self, person: &mut Person, days: u32) {
        // A phone is kept for some three years (from memory), so one in twelve is replaced in a quarter.
        let new_phone = self.random.chance(f64::from(days) / 1100.0).then(|| self.random.below(days));
        for day in 0..days {
            if new_phone == Some(day) {
                for device in person.devices.iter_mut().filter(|device| device.kind == Kind::Phone) {
                    self.traffic.forget(&mut device.browsers[0]);
                }
            }
            if self.random.chance(0.3) {
                person.vpn_exit = person.vpn[self.random.below(6) as usize];
            }
            let stays = self.day(person, day);
            let hotel = self.traffic.id();
            let cafe = self.traffic.id();
            for stay in &stays {
                self.stay(person, stay, if stay.place == Place::Hotel { hotel } else { cafe });
            }
            if let Some(office) =
                stays.iter().filter(|stay| stay.place == Place::Office).max_by(|a, b| a.to.total_cmp(&b.to))
            {
                self.left_open(
                    person,
                    stays.iter().find(|stay| stay.place == Place::Office).map_or(0.0, |s| s.from),
                    office.to,
                );
            }
        }
    }

    /// The stays of one day.
    fn day(&mut self, person: &Person, day: u32) -> Vec<Stay> {
        let (habits, random) = (&person.habits, &mut self.random);
        let midnight = f64::from(day) * DAY;
        let (work, leisure) = (habits.pace, habits.leisure_pace);
        let stay = |place, from: f64, to: f64, pace| Stay { place, from: midnight + from, to: midnight + to, pace };
        if let Some((_, _, shift)) = habits.trips.iter().find(|(from, to, _)| (*from..*to).contains(&day)) {
            let (wakes, shift) = (8.0 * HOUR + random.between(-1.0, 1.0) * HOUR, shift * HOUR);
            return vec![
                stay(Place::Hotel, wakes + shift, wakes + shift + 2.0 * HOUR, leisure * 2.0),
                stay(Place::Cafe, wakes + shift + 3.0 * HOUR, wakes + shift + 9.0 * HOUR, leisure),
                stay(Place::Hotel, wakes + shift + 10.0 * HOUR, wakes + shift + 15.0 * HOUR, leisure * 2.0),
            ];
        }
        let weekend = (day + self.first_weekday) % 7 >= 5;
        let wakes = habits.work_begins - habits.commute - 1.2 * HOUR + random.normal() * HOUR / 3.0;
        let sleeps = wakes + random.between(15.0, 16.5) * HOUR;
        if weekend || random.chance(habits.absent) {
            let out = random.between(3.0, 8.0) * HOUR;
            let back = out + random.between(1.0, 4.0) * HOUR;
            return vec![
                stay(Place::Home, wakes, wakes + out, leisure),
                stay(Place::Cafe, wakes + out, wakes + back, leisure),
                stay(Place::Home, wakes + back, sleeps, leisure),
            ];
        }
        let begins = habits.work_begins + random.normal() * HOUR / 4.0;
        let ends = begins + habits.work_lasts + random.normal() * HOUR / 2.0;
        let lunch = begins + (ends - begins) * random.between(0.4, 0.6);
        let commute = habits.commute * random.around(1.0, 0.2);
        if random.chance(habits.office_share) {
            vec![
                stay(Place::Home, wakes, begins - commute, leisure),
                stay(Place::Way, begins - commute, begins, leisure * 3.0),
                stay(Place::Office, begins, lunch, work),
                stay(Place::Cafe, lunch, lunch + 0.7 * HOUR, leisure * 2.0),
                stay(Place::Office, lunch + 0.7 * HOUR, ends, work),
                stay(Place::Way, ends, ends + commute, leisure * 3.0),
                stay(Place::Home, ends + commute, sleeps, leisure),
            ]
        } else {
            vec![
                stay(Place::Home, begins - 0.5 * HOUR, lunch, work),
                stay(Place::Home, lunch + 0.7 * HOUR, ends, work),
                stay(Place::Cafe, ends, ends + HOUR, leisure),
                stay(Place::Home, ends + HOUR, sleeps, leisure),
            ]
        }
    }

    fn stay(&mut self, person: &mut Person, stay: &Stay, elsewhere: u32) {
        let mut at = stay.from + self.random.wait(HOUR / stay.pace);
        while at < stay.to {
            let Some(device) = self.choose(person, stay.place, stay.pace >= person.habits.pace) else { return };
            let length = self.random.around(person.habits.minutes, 0.8).clamp(0.5, 90.0) * 60.0;
            let length = length.min(stay.to - at);
            self.visit(person, device, stay.place, at, length, elsewhere);
            if self.random.chance(person.habits.second_screen)
                && let Some(other) = self.choose(person, stay.place, false)
                && other != device
            {
                let later = at + self.random.unit() * length;
                self.visit(person, other, stay.place, later, length, elsewhere);
            }
            at += length + self.random.wait(HOUR / stay.pace);
        }
    }

    /// Which device is taken at a place (assumed).
    fn choose(&mut self, person: &Person, place: Place, working: bool) -> Option<usize> {
        let habits = &person.habits;
        let weight = |device: &Device| match (place, device.kind) {
            (Place::Office, Kind::Pc) => 0.7,
            (Place::Office, Kind::Laptop) if habits.laptop_to_office || !person.has(Kind::Pc) => 0.3,
            (Place::Office, Kind::Phone) => 0.15,
            (Place::Home, Kind::Pc) if habits.remote_desktop && working => 0.7,
            (Place::Home, Kind::Laptop) => {
                if working {
                    0.75
                } else {
                    0.2
                }
            }
            (Place::Home, Kind::Phone) => {
                if working {
                    0.15
                } else {
                    0.45
                }
            }
            (Place::Home, Kind::Tablet) => {
                if working {
                    0.1
                } else {
                    0.35
                }
            }
            (Place::Way, Kind::Phone) => 0.8,
            (Place::Way, Kind::Laptop) if habits.laptop_to_office => 0.2,
            (Place::Cafe, Kind::Phone) => 0.7,
            (Place::Cafe, Kind::Laptop) => 0.2,
            (Place::Hotel, Kind::Phone | Kind::Laptop) => 0.5,
            _ => 0.0,
        };
        let weights: Vec<_> = person.devices.iter().map(weight).collect();
        (weights.iter().sum::<f64>() > 0.0).then(|| self.random.one_of(&weights))
    }

    fn route(&mut self, person: &Person, kind: Kind, place: Place, elsewhere: u32) -> Route {
        let (habits, random) = (&person.habits, &mut self.random);
        let portable = kind != Kind::Pc;
        if portable && habits.relay && place != Place::Office {
            return Route::Relay;
        }
        // A private VPN is on most of the time, on the phone and the laptop.
        if matches!(kind, Kind::Laptop | Kind::Phone) && habits.private_vpn && random.chance(0.7) {
            return Route::Vpn;
        }
        match (place, kind) {
            (_, Kind::Pc) => Route::Office,
            (Place::Home, Kind::Laptop) if habits.company_vpn && random.chance(0.7) => Route::Office,
            (Place::Home, Kind::Phone) if !habits.phone_on_home_wifi || random.chance(0.04) => Route::Mobile,
            (Place::Home, _) => Route::Home,
            (Place::Office, Kind::Phone) if !habits.phone_on_office_wifi => Route::Mobile,
            (Place::Office, _) if habits.office_has_guests => Route::Guests,
            (Place::Office, _) => Route::Office,
            // A laptop on the way hangs on the phone, or on the network of the train.
            (Place::Way, Kind::Laptop) if random.chance(0.4) => Route::Elsewhere(elsewhere),
            (Place::Way, _) => Route::Mobile,
            (Place::Cafe, Kind::Phone) if random.chance(0.7) => Route::Mobile,
            (Place::Hotel, Kind::Phone) if random.chance(0.4) => Route::Mobile,
            (Place::Cafe | Place::Hotel, _) => Route::Elsewhere(elsewhere),
        }
    }

    fn visit(&mut self, person: &mut Person, device: usize, place: Place, at: f64, length: f64, elsewhere: u32) {
        let route = self.route(person, person.devices[device].kind, place, elsewhere);
        let relay = {
            let pool = &person.devices[device].relay;
            pool[self.random.below(pool.len() as u32) as usize]
        };
        let habits = &person.habits;
        let second = person.devices[device].browsers.len() > 1 && self.random.chance(0.25);
        let cleared =
            self.random.chance(habits.clears_cookies / 10.0) || habits.private_window && self.random.chance(0.5);
        if cleared {
            self.traffic.forget(&mut person.devices[device].browsers[usize::from(second)]);
        }
        let mut now = at;
        while now <= at + length {
            let address = self.address(person, route, now, relay);
            self.traffic.request(&mut person.devices[device].browsers[usize::from(second)], now, address);
            now += 300.0 + self.random.wait(40.0);
        }
    }

    fn address(&mut self, person: &mut Person, route: Route, at: f64, relay: u32) -> u32 {
        let (traffic, random) = (&mut self.traffic, &mut self.random);
        match route {
            Route::Home => self.networks[person.home].address(at, traffic, random),
            Route::Office => self.networks[person.office].address(at, traffic, random),
            Route::Guests => self.networks[person.guests].address(at, traffic, random),
            Route::Mobile => person.mobile.address(at, traffic, random),
            Route::Elsewhere(address) => address,
            Route::Vpn => person.vpn_exit,
            Route::Relay => relay,
        }
    }

    /// The tab on the PC goes on polling after its owner has left: until the PC sleeps, or through the night.
    fn left_open(&mut self, person: &mut Person, from: f64, to: f64) {
        if !person.habits.leaves_tab {
            return;
        }
        let Some(pc) = person.devices.iter().position(|device| device.kind == Kind::Pc) else { return };
        let overnight = self.random.chance(person.habits.tab_overnight);
        let end = to + if overnight { 13.0 * HOUR } else { self.random.between(0.2, 2.0) * HOUR };
        let mut at = from + HOUR / 2.0;
        while at < end {
            let address = self.address(person, Route::Office, at, 0);
            self.traffic.request(&mut person.devices[pc].browsers[0], at, address);
            at += 300.0 + self.random.wait(20.0);
        }
    }
}

impl Person {
    fn has(&self, kind: Kind) -> bool {
        self.devices.iter().any(|device| device.kind == kind)
    }
}

/// One person: phone and laptop on the move, a tablet at home, a PC in the office.
pub(super) fn one_person(seed: u64, days: u32) -> Vec<Seen> {
    let mut world = World::new(seed);
    let home = world.network(Network::home);
    let mut person = world.person(FOUR_DEVICES, home, days, true);
    world.live(&mut person, days);
    world.traffic.finish()
}

/// So many people in as many homes and offices. All of them work in these days.
pub(super) fn people_apart(seed: u64, people: u32, days: u32) -> Vec<Seen> {
    let mut world = World::new(seed);
    for _ in 0..people {
        let home = world.network(Network::home);
        let mut person = world.person(COLLEAGUE, home, days, false);
        world.live(&mut person, days);
    }
    world.traffic.finish()
}

/// Two people in one flat, with offices of their own.
pub(super) fn one_flat(seed: u64, days: u32) -> Vec<Seen> {
    let mut world = World::new(seed);
    let home = world.network(Network::home);
    for _ in 0..2 {
        let mut person = world.person(COLLEAGUE, home, days, true);
        world.live(&mut person, days);
    }
    world.traffic.finish()
}

/// One person who at home works on the PC in the office, through a remote desktop, beside the laptop.
pub(super) fn remote_desktop(seed: u64, days: u32) -> Vec<Seen> {
    let mut world = World::new(seed);
    let home = world.network(Network::home);
    let mut person = world.person(FOUR_DEVICES, home, days, true);
    person.habits.remote_desktop = true;
    person.habits.office_share = person.habits.office_share.min(0.5);
    world.live(&mut person, days);
    world.traffic.finish()
}

/// A station where several people use one browser in turn.
pub(super) fn shared_station(seed: u64, days: u32) -> Vec<Seen> {
    let mut world = World::new(seed);
    let ward = world.network(Network::office);
    let mut browser = world.traffic.browser();
    let mut at = 0.0;
    while at < f64::from(days) * DAY {
        let address = world.networks[ward].address(at, &mut world.traffic, &mut world.random);
        world.traffic.request(&mut browser, at, address);
        at += world.random.wait(HOUR / 5.0);
    }
    world.traffic.finish()
}
