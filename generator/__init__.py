"""Generate the HA guide: a site and per-node bundles, from data about OpenStack services.

1. `yaml_source` reads `data/*.yaml` into plain values that remember their lines.
2. `validation` gives them the shapes of `model`; `rules` checks what shapes cannot say: a `Catalog`.
3. `resolve` takes one release out of the catalog: a `Snapshot` without windows.
4. `deploy` puts a snapshot on the nodes of a topology: a `Deployment`.
5. `views` choose what to show; `render`, `drawing` and `archive` turn it into a tree of bytes,
   into which `credentials` puts the secrets that an operator keeps in a `secrets_file`.
6. `writer` is the only module that changes the disk; `site` runs MkDocs on what it wrote.
"""
