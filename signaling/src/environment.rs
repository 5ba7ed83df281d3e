//! Variables that look like options and are none, which is most often a slip of the pen.

use clap::CommandFactory;

use crate::arguments::Arguments;

/// A sentence about each variable that begins like ours and means nothing to this program.
pub(crate) fn unknown() -> Vec<String> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut unknown: Vec<String> = names.filter_map(|name| complaint(&name)).collect();
    unknown.sort();
    unknown
}

fn complaint(name: &str) -> Option<String> {
    let rest = name.strip_prefix(PREFIX)?;
    let command = Arguments::command();
    let known = || {
        let variables = command.get_arguments().filter_map(|option| option.get_env()?.to_str());
        variables.filter_map(|variable| variable.strip_prefix(PREFIX))
    };
    if known().any(|known| known == rest) || OF_TOOLS.contains(&rest) {
        return None;
    }
    let near = known().map(|known| (strsim::jaro(rest, known), known));
    let nearest = near.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(nearness, _)| *nearness > NEAR);
    Some(match nearest {
        Some((_, known)) => {
            format!("the variable {name} is not known and does nothing; {PREFIX}{known} is")
        }
        None => format!("the variable {name} is not known and does nothing; --help names all"),
    })
}

const PREFIX: &str = "LACIS_";

/// As near as a mistyped option has to be.
const NEAR: f64 = 0.7;

/// What tools of the project are told, which start servers too.
const OF_TOOLS: [&str; 4] = ["TOOLS", "SERVER", "LYING_SERVER", "LOAD"];

#[cfg(test)]
mod tests {
    use super::complaint;

    #[test]
    fn what_is_meant_is_named() {
        for (name, meant) in [
            ("LACIS_TRUST_PROXI", "LACIS_TRUST_PROXY is"),
            ("LACIS_TLS_CERT", "LACIS_TLS_CERTIFICATE is"),
            ("LACIS_LISTEN_ADDRESS", "LACIS_LISTEN is"),
            ("LACIS_ICE_SERVERS", "LACIS_ICE_SERVER is"),
            ("LACIS_XYZ", "--help"),
        ] {
            let complaint = complaint(name).unwrap();
            assert!(complaint.contains(name) && complaint.contains(meant), "{complaint}");
        }
        for name in ["LACIS_TRUST_PROXY", "LACIS_LOG", "LACIS_TOOLS", "PATH", "lacis_log"] {
            assert_eq!(complaint(name), None, "{name}");
        }
    }
}
