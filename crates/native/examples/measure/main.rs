//! What `cargo xtask bench native` measures with: members of groups, other ends of a keeper's
//! links, files to a page, and bare connections of `rtc` as the yardstick.
//!
//! Each command prints one JSON object a line and ends when its standard input does, or once it is
//! done. Only servers of this machine are of use: links are told with loopback addresses.

mod bare;
mod crowd;
mod files;
mod records;

use std::error::Error;
use std::time::Duration;

use lacis_native::{Identity, Options};
use tokio::io::{AsyncReadExt, stdin};

type Done = Result<(), Box<dyn Error>>;

/// Whatever takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(540);

const USAGE: &str = "usage: measure COMMAND
  identity STORE                        who the owner of a store is
  write STORE COUNT                     found a group and write so many records
  open STORE                            open it
  serve STORE SERVER PEER=ROLE ...      invite these and be there
  fetch STORE SERVER INVITATION COUNT   come in and take so many records
  found FOLDER PEERS GROUPS KEEPER      many stores with groups that a keeper is invited to
  crowd FOLDER SERVER PEERS GROUPS      be there with so many groups of so many stores
  files SERVER LINK MIB                 join a room, send a file for each line that is read
  bare-listen COUNT                     bare connections, made by whoever dials
  bare-dial PORT COUNT                  the other ends of them";

fn main() -> Done {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let work = async {
        match words.as_slice() {
            ["identity", store] => records::identity(store),
            ["write", store, count] => records::write(store, count.parse()?).await,
            ["open", store] => records::open(store).await,
            ["serve", store, server, invited @ ..] => records::serve(store, server, invited).await,
            ["fetch", store, server, invitation, count] => {
                records::fetch((store, server), invitation, count.parse()?).await
            }
            ["found", folder, peers, groups, keeper] => {
                crowd::found(folder, (peers.parse()?, groups.parse()?), keeper).await
            }
            ["crowd", folder, server, peers, groups] => {
                crowd::attend(folder, server, (peers.parse()?, groups.parse()?)).await
            }
            ["files", server, link, mib] => files::run(server, link, mib.parse()?).await,
            ["bare-listen", count] => bare::listen(count.parse()?).await,
            ["bare-dial", port, count] => bare::dial(port.parse()?, count.parse()?).await,
            _ => Err(USAGE.into()),
        }
    };
    tokio::task::LocalSet::new().block_on(&runtime, work)
}

/// A peer whose identity lies beside its store, on this machine alone.
fn options(store: &str) -> Result<Options, Box<dyn Error>> {
    let identity = Identity::open(format!("{store}.identity"))?;
    Ok(Options::new(identity).store(store).loopback(true).listen("127.0.0.1:0".parse()?))
}

/// Waits until whoever started this wants it to end.
async fn until_asked() -> Done {
    stdin().read_to_end(&mut Vec::new()).await?;
    Ok(())
}
