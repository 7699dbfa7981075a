use core::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// The client address of an attempt, as the host sees it. Optional; it gets a bucket of its own, against credential stuffing
/// and password spraying: a few guesses on each of many accounts.
///
/// Pass only what a client cannot forge: the peer's address, or what a proxy under your control adds to the request.
///
/// ```
/// use doorward::ClientAddress;
///
/// // IPv6 clients rotate within their /64, and an IPv4 client may show up in IPv4-mapped form.
/// assert_eq!(ClientAddress::from_ip("2001:db8::1".parse()?), ClientAddress::from_ip("2001:db8::ffff:2".parse()?));
/// assert_eq!(ClientAddress::from_ip("192.0.2.7".parse()?), ClientAddress::from_ip("::ffff:192.0.2.7".parse()?));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct ClientAddress(Box<[u8]>);

impl ClientAddress {
    /// From an IP address: the whole IPv4 address, or the /64 of an IPv6 address, which is what one customer is given.
    ///
    /// An IPv6 address that stands for an IPv4 address is that IPv4 address, so that the clients behind one translator are not
    /// one crowd. Decided for every block of IANA's registries of special-purpose addresses:
    ///
    /// | block | what it is | client |
    /// |---|---|---|
    /// | `::ffff:0:0/96` | IPv4-mapped (RFC 4291) | the IPv4 address |
    /// | `::/96` | IPv4-compatible, deprecated (RFC 4291); not `::` and `::1` | the IPv4 address |
    /// | `::ffff:0:0:0/96` | IPv4-translated (RFC 2765) | the IPv4 address |
    /// | `64:ff9b::/96` | NAT64 (RFC 6052) | the IPv4 address |
    /// | `64:ff9b:1::/48` | NAT64 for local use (RFC 8215) | the IPv4 address, where RFC 6052 puts it after a prefix of 96, 64, 56 or 48 bits; the zeros after it tell which. Otherwise the whole address |
    /// | `2001::/32` | Teredo (RFC 4380) | the client's IPv4 address, which is stored inverted in the last 32 bits |
    /// | `2002::/16` | 6to4 (RFC 3056) | the IPv4 address of the site |
    /// | `2001:10::/28`, `2001:20::/28`, `2001:30::/28` | hashes of keys (ORCHID, DRIP): not networks, and anyone can make as many as they like | one client per block |
    /// | `fe80::/10` | link-local | the /64, so all neighbours are one client: they choose the rest themselves. Behind a proxy on the same link, pass what the proxy reports |
    /// | `fc00::/7`, `fec0::/10` | private networks | the /64, a subnet |
    /// | `::`, `::1` | unspecified, loopback | one client; not `127.0.0.1` |
    /// | `100::/64`, `100:0:0:1::/64`, the rest of `2001::/23`, `2001:db8::/32`, `2620:4f:8000::/48`, `3fff::/20`, `5f00::/16` | discarded, anycast, benchmarks, documentation, segments: no client comes from there | the /64 |
    /// | `10.0.0.0/8`, `100.64.0.0/10`, `127.0.0.0/8`, `169.254.0.0/16`, `192.168.0.0/16` and all others of IPv4 | private, shared, loopback, link-local … | the whole address |
    ///
    /// Two things look like IPv4 addresses and are not read as such. In ISATAP (RFC 5214) the last 64 bits name an IPv4 address,
    /// but within a /64 every client chooses these bits, so anyone could pass as someone else. And a network's own NAT64 prefix
    /// cannot be recognised: behind such a translator, pass the IPv4 address.
    ///
    /// ```
    /// use doorward::ClientAddress;
    ///
    /// let client = |ip: &str| ClientAddress::from_ip(ip.parse().unwrap());
    /// assert_eq!(client("64:ff9b::198.51.100.7"), client("198.51.100.7"));
    /// assert_ne!(client("64:ff9b::198.51.100.7"), client("64:ff9b::203.0.113.9"));
    /// ```
    pub fn from_ip(ip: IpAddr) -> Self {
        let ip = match ip {
            IpAddr::V4(ip) => return Self(ip.octets().into()),
            IpAddr::V6(ip) => ip,
        };
        let [network @ .., _, _, _, _, _, _, _, _] = ip.octets();
        match stands_for(ip) {
            Client::V4(octets) => Self(octets.into()),
            Client::Network => Self(network.into()),
            Client::Block(segments) => Self(segments.iter().flat_map(|segment| segment.to_be_bytes()).collect()),
            Client::Whole => Self(ip.octets().into()),
        }
    }

    /// From any other text by which the host identifies clients. Equal texts are the same client.
    pub fn opaque(name: &str) -> Self {
        Self([b"opaque:", name.as_bytes()].concat().into())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Client addresses are personal data, so `Debug` does not show them.
impl fmt::Debug for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientAddress([redacted])")
    }
}

/// Who is behind an IPv6 address.
enum Client {
    /// This IPv4 address.
    V4([u8; 4]),
    /// Everyone in its /64.
    Network,
    /// Everyone in a block that is larger than a /64. As long as the key of a /64.
    Block([u16; 4]),
    /// This address alone.
    Whole,
}

fn stands_for(ip: Ipv6Addr) -> Client {
    let octets = ip.octets();
    let [.., a, b, c, d] = octets;
    let last = [a, b, c, d];
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => Client::Network,
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => {
            Client::V4(last)
        }
        [0x64, 0xff9b, 1, ..] => translated_locally(octets),
        [0x2001, 0, ..] => Client::V4(last.map(|octet| !octet)),
        [0x2001, block @ 0x10..=0x3f, ..] => Client::Block([0x2001, block & 0xfff0, 0, 0]),
        [0x2002, ..] => Client::V4([octets[2], octets[3], octets[4], octets[5]]),
        _ => Client::Network,
    }
}

/// `64:ff9b:1::/48`, or a longer prefix in it (RFC 8215). Except after one of 96 bits, the rest is zero, and the ninth octet is zero
/// always (RFC 6052, 2.2).
fn translated_locally(octets: [u8; 16]) -> Client {
    let at = |places: [usize; 4]| Client::V4(places.map(|place| octets[place]));
    match (octets[8], &octets[9..]) {
        (0, [_, _, 0, 0, 0, 0, 0]) => at([6, 7, 9, 10]),
        (0, [_, _, _, 0, 0, 0, 0]) => at([7, 9, 10, 11]),
        (0, [_, _, _, _, 0, 0, 0]) => at([9, 10, 11, 12]),
        (0, _) => at([12, 13, 14, 15]),
        _ => Client::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(ip: &str) -> ClientAddress {
        ClientAddress::from_ip(ip.parse().unwrap())
    }

    #[test]
    fn an_address_that_stands_for_an_ipv4_address_is_that_address() {
        for (ip, v4) in [
            ("::ffff:198.51.100.7", "198.51.100.7"),
            ("::198.51.100.7", "198.51.100.7"),
            ("::0.0.0.2", "0.0.0.2"),
            ("::ffff:0:198.51.100.7", "198.51.100.7"),
            ("64:ff9b::198.51.100.7", "198.51.100.7"),
            ("64:ff9b::10.0.0.7", "10.0.0.7"),
            // RFC 6052, 2.4, under the prefix of RFC 8215.
            ("64:ff9b:1:c000:2:2100::", "192.0.2.33"),
            ("64:ff9b:1:3c0:0:221::", "192.0.2.33"),
            ("64:ff9b:1:344:c0:2:2100::", "192.0.2.33"),
            ("64:ff9b:1::192.0.2.33", "192.0.2.33"),
            ("64:ff9b:1:abcd::192.0.2.33", "192.0.2.33"),
            ("64:ff9b:1:abcd:12:3456:192.0.2.33", "192.0.2.33"),
            // RFC 4380, 4: the address is inverted.
            ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "192.0.2.45"),
            ("2001:0:102:304:0:ffff:3fff:fdd2", "192.0.2.45"),
            ("2002:c000:221::1", "192.0.2.33"),
            ("2002:c000:221:ffff:1:2:3:4", "192.0.2.33"),
        ] {
            assert_eq!(client(ip), client(v4), "{ip}");
        }
    }

    #[test]
    fn clients_behind_a_translator_are_not_one_crowd() {
        for prefix in ["::", "::ffff:", "::ffff:0:", "64:ff9b::", "64:ff9b:1::", "64:ff9b:1:7::"] {
            assert_ne!(client(&format!("{prefix}198.51.100.7")), client(&format!("{prefix}203.0.113.9")), "{prefix}");
            assert_ne!(client(&format!("{prefix}198.51.100.7")), client(&format!("{prefix}198.51.100.8")), "{prefix}");
        }
        assert_ne!(client("2001:0:1:2::f:1"), client("2001:0:1:2::f:2"));
        assert_ne!(client("2002:c000:221::1"), client("2002:c000:222::1"));
        // No address of RFC 6052: its zero octet is not zero.
        assert_ne!(client("64:ff9b:1:7:100::1"), client("64:ff9b:1:7:100::2"));
    }

    #[test]
    fn every_other_address_is_its_network() {
        for (ip, neighbour) in [
            ("::", "::1"),
            ("100::1", "100::2"),
            ("100:0:0:1::1", "100:0:0:1::2"),
            ("2001:1::1", "2001:1::2"),
            ("2001:2:0:5::1", "2001:2:0:5::2"),
            ("2001:3::1", "2001:3::2"),
            ("2001:4:112::1", "2001:4:112::2"),
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
            ("2001:200::1", "2001:200::2"),
            ("2600:1f18:1:2::1", "2600:1f18:1:2::2"),
            ("2620:4f:8000::1", "2620:4f:8000::2"),
            ("3fff::1", "3fff::2"),
            ("5f00::1", "5f00::2"),
            ("fc00::1", "fc00::2"),
            ("fd12:3456:789a:1::1", "fd12:3456:789a:1::2"),
            ("fe80::1", "fe80::200:5efe:c000:221"),
            ("fec0::1", "fec0::2"),
            // ISATAP: anyone in the /64 could write anyone's address there.
            ("2001:db8:1:2:0:5efe:192.0.2.33", "2001:db8:1:2:0:5efe:192.0.2.34"),
            ("2001:db8:1:2:200:5efe:192.0.2.33", "2001:db8:1:2::1"),
            // Hashes of keys: the whole block.
            ("2001:10::1", "2001:1f:ffff:ffff::2"),
            ("2001:20::1", "2001:2f:1:2::3"),
            ("2001:30:1::1", "2001:3f::1"),
        ] {
            assert_eq!(client(ip), client(neighbour), "{ip}");
        }
        let networks = [
            "::1",
            "127.0.0.1",
            "127.0.0.2",
            "10.0.0.1",
            "100.64.0.1",
            "169.254.0.1",
            "192.0.0.9",
            "192.168.0.1",
            "192.88.99.1",
            "198.18.0.1",
            "255.255.255.255",
            "100::",
            "100:0:0:1::",
            "2001:10::",
            "2001:20::",
            "2001:30::",
            "2001:40::",
            "2001:1::",
            "2001:db8:1:2::",
            "2001:db8:1:3::",
            "64:ff9b:0:1::1",
            "64:ff9b:2::1",
            "64:ff9a::1",
            "fd00::",
            "fd00:0:0:1::",
            "fe80::",
            "2001:1:0:1::",
            "2003::",
            "1:ffff::",
        ];
        for (index, one) in networks.iter().enumerate() {
            for other in &networks[index + 1..] {
                assert_ne!(client(one), client(other), "{one} and {other}");
            }
        }
    }
}
