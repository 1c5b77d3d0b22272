/* Script and answers travel by unnamed temporary files: nothing can wait for anything, and a script on a file is not read as if typed. */
#include "page/gnuplot.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int start(pid_t *pid, FILE *const f[3])
{
	posix_spawn_file_actions_t to;
	char *const argv[] = { (char *)"gnuplot", (char *)"-d", NULL };		/* -d: without the user's own settings */
	posix_spawn_file_actions_init(&to);
	for (int fd = 0; fd < 3; fd++)
		posix_spawn_file_actions_adddup2(&to, fileno(f[fd]), fd);
	int rc = posix_spawnp(pid, argv[0], &to, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&to);
	return rc;
}

static void read_back(FILE *f, struct cp_buf *b)
{
	char part[65536];
	size_t n;
	rewind(f);
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		cp_buf_add(b, part, n);
}

/* Of what gnuplot says the line that tells, which comes behind the script's line and a caret. */
static int complain(FILE *f, struct cp_err *err)
{
	struct cp_buf said = CP_BUF_INIT;
	read_back(f, &said);
	const char *at = strstr(said.data, "line ");
	at = at ? at : said.data;
	cp_err_set(err, "gnuplot could not draw: %.*s", (int)strcspn(at, "\n"), *at ? at : "it did not say why");
	cp_buf_release(&said);
	return -1;
}

static int draw(FILE *const f[3], struct cp_buf *picture, struct cp_err *err)
{
	pid_t pid;
	int status;
	size_t before = picture->len;
	int rc = start(&pid, f);
	if (rc == ENOENT)
		return cp_err_set(err, "gnuplot, which draws the pictures, is not installed; it comes with the package gnuplot-nox, and --no-pictures does "
				  "without");
	if (rc)
		return cp_err_set(err, "gnuplot: start: %s", strerror(rc));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return cp_err_set(err, "gnuplot: wait: %m");
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return complain(f[2], err);
	read_back(f[1], picture);
	return picture->len > before ? 0 : complain(f[2], err);
}

int cp_gnuplot(const struct cp_buf *script, struct cp_buf *picture, struct cp_err *err)
{
	FILE *f[3] = { NULL };
	int rc = 0;
	for (int i = 0; i < 3 && rc == 0; i++)
		if (!(f[i] = tmpfile()))
			rc = cp_err_set(err, "temporary file: %m");
	if (rc == 0 && (fwrite(script->data, 1, script->len, f[0]) != script->len || fflush(f[0]) || fseek(f[0], 0, SEEK_SET)))
		rc = cp_err_set(err, "temporary file: write: %m");
	if (rc == 0)
		rc = draw(f, picture, err);
	for (int i = 0; i < 3; i++)
		if (f[i])
			fclose(f[i]);
	return rc;
}
