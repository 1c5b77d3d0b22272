# The text that the default vocabulary is trained on: awk -f text.awk words.txt MOVIES, MOVIES as MovieTweetings has them (ID::Title (Year)::Genres).
# Only how often a word occurs matters to cp-vocab, so what is not a title is told as often as it takes to become an entry.

BEGIN { FS = "::" }

FNR == 1 { file++ }

file == 1 {
	if ($0 !~ /^#/)
		repeat($0, 30)
	next
}

{
	if (NF != 3 || $2 !~ / \([0-9][0-9][0-9][0-9]\)$/) {
		printf "text.awk: line %d is not ID::Title (Year)::Genres\n", FNR > "/dev/stderr"
		failed = 1
		exit 1
	}
	if ($3 ~ /(^|\|)Adult(\||$)/)
		next
	gsub(/\|/, ", ", $3)
	print "Title is " substr($2, 1, length($2) - 7) ". Genre is " $3 "."
}

END {
	if (failed)
		exit 1
	fields()
	numbers()
}

function repeat(s, n)
{
	while (n-- > 0)
		print s
}

# Names of fields as tables have them, in sentences as cp-textify makes them.
function fields(	n, i, name)
{
	n = split("User ID,Movie ID,Item ID,Book ID,Author ID,Work ID,Site ID,App ID,Device ID,Gender,Age,Job,Occupation,Zipcode,Zip code,City,State," \
	          "Country,Location,Title,Book title,Movie title,Year,Publication year,Publisher,Author,Author name,Brand,Category,Genre,Film genre," \
	          "Book genres,Average rating,Number of book reviews,Number of pages,Number of reviews,eBook flag,Format,Media type,Language," \
	          "Director,Actors,Price,Device type,Device model,Site domain,App category,Banner position,Connection type,Hour,Day of week,ISBN", name, ",")
	for (i = 1; i <= n; i++)
		repeat(name[i] " is unknown.", 40)
}

# Two digits at a time: as a word's beginning, and as its continuation behind letters that ids begin with. Years whole.
function numbers(	i, k, id)
{
	for (i = 0; i < 100; i++)
		repeat(i " " sprintf("%02d", i), 30)
	for (i = 1900; i <= 2030; i++)
		repeat(i, 30)
	for (i = 100; i < 1000; i++)
		repeat(i, 6)
	split("a b c d e f g h i j k m n o p r s t u v w x y z", id, " ")
	for (k = 1; k <= 24; k++)
		for (i = 0; i < 100; i++)
			print id[k] sprintf("%02d", i)
}
