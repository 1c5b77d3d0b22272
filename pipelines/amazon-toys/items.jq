# asin, title, brand and the category that was asked for, of a line of the metadata
def text: if type == "array" then join(" ") elif type == "object" then "" else . // "" | tostring end;
def path: if (.category | type) == "array" then .category else [] end;
try ([.asin, .title, .brand, if $category == "last" then (path | last) else (path | .[1] // .[0]) end] | map(text) | @tsv)
catch ("line \(input_line_number) is not as documented: \(.)\n" | halt_error(1))
