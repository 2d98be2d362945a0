//! A small valid map, which tests change.

use parlour::maps::{self, MapError};
use parlour_shared::map::Map;

/// 4 x 3 tiles of 32 px: a wall on the left, a spawn point, and a door that leads to the same map.
pub(crate) const SMALL_MAP: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<map version="1.10" orientation="orthogonal" width="4" height="3" tilewidth="32" tileheight="32" infinite="0">
 <!-- drawn for tests -->
 <tileset firstgid="1" name="tiles" tilewidth="32" tileheight="32" tilecount="4" columns="2">
  <image source="tiles.png" width="64" height="64"/>
 </tileset>
 <layer id="1" name="walls" width="4" height="3">
  <data encoding="csv">
1,0,0,0,
1,0,0,0,
1,0,0,0
</data>
 </layer>
 <objectgroup id="2" name="spawns">
  <object id="1" name="default" type="spawn" x="48" y="40.5"><point/></object>
 </objectgroup>
 <objectgroup id="3" name="doors">
  <object id="2" name="out" type="door" x="96" y="31.6" width="31.8" height="64">
   <properties>
    <property name="to_map" value="small"/>
    <property name="to_spawn" value="default"/>
   </properties>
  </object>
 </objectgroup>
</map>
"#;

pub(crate) fn parse(text: &str) -> Result<Map, MapError> {
    maps::parse("small", "maps/small.tmx", text.as_bytes())
}

/// Returns the small map with a door to a different map.
pub(crate) fn small_map_with_door_to(map: &str) -> String {
    small_map_with("value=\"small\"", &format!("value={map:?}"))
}

/// Returns the small map with one part of it replaced.
pub(crate) fn small_map_with(from: &str, to: &str) -> String {
    assert!(SMALL_MAP.contains(from), "{from}");
    SMALL_MAP.replacen(from, to, 1)
}

/// Returns the error of the small map with one part of it replaced.
pub(crate) fn error_with(from: &str, to: &str) -> String {
    match parse(&small_map_with(from, to)) {
        Ok(_) => panic!("{from} -> {to} was accepted"),
        Err(error) => error.to_string(),
    }
}
