//! The names in a certificate that was not accepted.

use rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

/// More certificates in a row are no chain.
const LONGEST_CHAIN: usize = 10;

/// A longer name is no name.
const LONGEST_NAME: usize = 200;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;

/// Who vouches for a certificate.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Issuer {
    /// The name of the last authority of the chain that the server showed.
    pub(super) name: Option<String>,
    /// Whether the certificate is its own issuer.
    pub(super) is_self: bool,
}

/// Follows the chain from the server's own certificate to the authority that nobody else vouches for.
pub(super) fn of_chain(end_entity: &CertificateDer<'_>, others: &[CertificateDer<'_>]) -> Option<Issuer> {
    let end_entity = EndEntityCert::try_from(end_entity).ok()?;
    let is_self = end_entity.issuer() == end_entity.subject();
    let others: Vec<_> =
        others.iter().take(LONGEST_CHAIN).filter_map(|other| EndEntityCert::try_from(other).ok()).collect();
    let mut issuer = end_entity.issuer();
    for _ in 0..LONGEST_CHAIN {
        let next = others.iter().find(|other| other.subject() == issuer);
        match next.map(|next| next.issuer()) {
            Some(next) if next != issuer => issuer = next,
            _ => break,
        }
    }
    Some(Issuer { name: readable(issuer), is_self })
}

/// The common name of a distinguished name, else its organisation or unit. RFC 5280, section 4.1.2.4.
fn readable(name: &[u8]) -> Option<String> {
    const COMMON_NAME: [u8; 3] = [0x55, 4, 3];
    const ORGANISATION: [u8; 3] = [0x55, 4, 10];
    const UNIT: [u8; 3] = [0x55, 4, 11];
    // With or without the outer sequence.
    let mut rest = match next(name) {
        Some((SEQUENCE, inner, [])) => inner,
        _ => name,
    };
    let mut found = [None, None, None];
    while let Some((SET, mut set, after)) = next(rest) {
        while let Some((SEQUENCE, pair, others)) = next(set) {
            if let Some((OBJECT_IDENTIFIER, kind, value)) = next(pair)
                && let Some(at) = [COMMON_NAME, ORGANISATION, UNIT].iter().position(|known| known == kind)
                && let Some(place) = found.get_mut(at)
            {
                *place = next(value).and_then(|(tag, text, _)| text_of(tag, text)).or(place.take());
            }
            set = others;
        }
        rest = after;
    }
    found.into_iter().flatten().next()
}

fn text_of(tag: u8, bytes: &[u8]) -> Option<String> {
    const UTF8: u8 = 0x0c;
    const PRINTABLE: u8 = 0x13;
    const TELETEX: u8 = 0x14;
    const IA5: u8 = 0x16;
    const UNIVERSAL: u8 = 0x1c;
    const BMP: u8 = 0x1e;
    let text: String = match tag {
        UTF8 | PRINTABLE | IA5 => String::from_utf8_lossy(bytes).into_owned(),
        // In practice Latin-1.
        TELETEX => bytes.iter().map(|byte| char::from(*byte)).collect(),
        BMP => {
            let units: Vec<u16> =
                bytes.chunks_exact(2).filter_map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?))).collect();
            String::from_utf16_lossy(&units)
        }
        UNIVERSAL => {
            bytes.chunks_exact(4).filter_map(|four| char::from_u32(u32::from_be_bytes(four.try_into().ok()?))).collect()
        }
        _ => return None,
    };
    let text: String = text.trim().chars().take(LONGEST_NAME).collect();
    (!text.is_empty()).then_some(text)
}

/// The first element of DER: its tag, its content, and what follows.
fn next(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        // At most two bytes of length: a name is not longer than 64 KiB.
        0x81 => rest.split_first().map(|(length, rest)| (usize::from(*length), rest))?,
        0x82 => rest.split_first_chunk().map(|(length, rest)| (usize::from(u16::from_be_bytes(*length)), rest))?,
        _ => return None,
    };
    let (content, after) = rest.split_at_checked(length)?;
    Some((tag, content, after))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{
        BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, DnValue, IsCa, KeyPair,
    };

    use super::*;

    fn params(names: &[(DnType, DnValue)]) -> CertificateParams {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name = DistinguishedName::new();
        for (kind, name) in names {
            params.distinguished_name.push(kind.clone(), name.clone());
        }
        params
    }

    fn authority(names: &[(DnType, DnValue)]) -> CertifiedIssuer<'static, KeyPair> {
        let mut params = params(names);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    fn common(name: &str) -> (DnType, DnValue) {
        (DnType::CommonName, DnValue::Utf8String(name.to_owned()))
    }

    fn issued_by(names: &[(DnType, DnValue)]) -> Option<Issuer> {
        let certificate =
            params(&[common("server")]).signed_by(&KeyPair::generate().unwrap(), &authority(names)).unwrap();
        of_chain(certificate.der(), &[])
    }

    #[test]
    fn an_authority_is_called_by_its_common_name_else_by_its_organisation() {
        let organisation = || (DnType::OrganizationName, DnValue::PrintableString("Corp".try_into().unwrap()));
        let unit = || (DnType::OrganizationalUnitName, DnValue::Utf8String("Proxies".to_owned()));
        for (names, expected) in [
            (vec![common("mitmproxy"), organisation()], Some("mitmproxy")),
            (vec![organisation(), common("mitmproxy")], Some("mitmproxy")),
            (vec![unit(), organisation()], Some("Corp")),
            (vec![unit()], Some("Proxies")),
            (vec![(DnType::CommonName, DnValue::BmpString("Zürich 1".try_into().unwrap()))], Some("Zürich 1")),
            (vec![(DnType::CommonName, DnValue::TeletexString("Old".try_into().unwrap()))], Some("Old")),
            (vec![(DnType::CountryName, DnValue::PrintableString("CH".try_into().unwrap()))], None),
            (vec![common("  ")], None),
            (vec![], None),
        ] {
            let issuer = issued_by(&names).unwrap();
            assert_eq!((issuer.name.as_deref(), issuer.is_self), (expected, false));
        }
        assert_eq!(issued_by(&[common(&"x".repeat(300))]).unwrap().name.unwrap().len(), LONGEST_NAME);
    }

    #[test]
    fn a_chain_is_followed_to_the_authority_at_its_end() {
        let root = authority(&[common("root")]);
        let mut between = params(&[common("between")]);
        between.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let between = CertifiedIssuer::signed_by(between, KeyPair::generate().unwrap(), &root).unwrap();
        let server = params(&[common("server")]).signed_by(&KeyPair::generate().unwrap(), &between).unwrap();
        let name = |others: &[CertificateDer<'_>]| of_chain(server.der(), others).unwrap().name.unwrap();
        assert_eq!(name(&[]), "between");
        assert_eq!(name(&[between.der().clone()]), "root");
        assert_eq!(name(&[root.der().clone(), between.der().clone(), between.der().clone()]), "root");
        assert_eq!(name(&[CertificateDer::from(vec![1, 2, 3])]), "between");
    }

    #[test]
    fn a_certificate_of_its_own_is_told_from_one_of_an_authority() {
        let own = params(&[common("server")]).self_signed(&KeyPair::generate().unwrap()).unwrap();
        assert!(of_chain(own.der(), &[]).unwrap().is_self);
        assert_eq!(of_chain(&CertificateDer::from(b"no certificate".to_vec()), &[]), None);
    }

    proptest! {
        #[test]
        fn no_name_is_a_panic_or_longer_than_the_limit(name in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(readable(&name).is_none_or(|name| name.chars().count() <= LONGEST_NAME));
        }

        #[test]
        fn a_damaged_name_is_no_panic(at in 0_usize..40, byte in any::<u8>()) {
            let mut name = b"\x31\x12\x30\x10\x06\x03\x55\x04\x03\x0c\x09mitmproxy".to_vec();
            prop_assert_eq!(readable(&name), Some("mitmproxy".to_owned()));
            if let Some(place) = name.get_mut(at) {
                *place = byte;
            }
            prop_assert!(readable(&name).is_none_or(|name| name.len() <= 27));
        }
    }
}
