/* How many parameters the CTR models have: those of the published runs of FuxiCTR (BARS; three data sets of known numbers of fields and features,
 * embeddings 10 wide), and of the models that have none there, their formulas worked out. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "ctr/ctr.h"
#include "nn/build.h"

static int n_tests, n_failed;

enum { MOVIELENS, CRITEO, AVAZU, SMALL };
static const struct { const char *name; int fields; size_t features; } sets[] = {
	{ "MovieLens", 3, 90239 }, { "Criteo", 39, 2086316 }, { "Avazu", 22, 1298599 }, { "4 fields, 100 features", 4, 100 },
};

static const struct {
	int set;
	const char *model, *sizes;
	size_t count;
} rows[] = {
	{ MOVIELENS, "lr", "", 90240 },
	{ CRITEO, "lr", "", 2086317 },
	{ AVAZU, "lr", "", 1298600 },
	{ MOVIELENS, "fm", "dim=10", 992630 },
	{ CRITEO, "fm", "dim=10", 22949477 },
	{ AVAZU, "fm", "dim=10", 14284590 },
	{ AVAZU, "dnn", "dim=10 hidden=400x3", 13395591 },	/* the other two runs held the MLP twice */
	{ MOVIELENS, "ipnn", "dim=10 hidden=400x3", 1237191 },
	{ CRITEO, "ipnn", "dim=10 hidden=400x3 batch_norm=1", 21639561 },
	{ AVAZU, "ipnn", "dim=10 hidden=400x3", 13487991 },
	{ MOVIELENS, "deepfm", "dim=10 hidden=400x3 batch_norm=1", 1328630 + 1 },	/* the linear term has its bias since */
	{ CRITEO, "deepfm", "dim=10 hidden=400x3 batch_norm=1", 23429477 + 1 },
	{ AVAZU, "deepfm", "dim=10 hidden=400x3 batch_norm=1", 14696590 + 1 },
	{ MOVIELENS, "dcn", "dim=10 cross=4 hidden=400x3 batch_norm=1", 1238661 },
	{ CRITEO, "dcn", "dim=10 cross=3 hidden=400x3", 21343491 },
	{ AVAZU, "dcn", "dim=10 cross=3 hidden=400x3", 13397131 },
	{ MOVIELENS, "dcnv2", "dim=10 cross=5 hidden=400x3 batch_norm=1", 1243071 },
	{ CRITEO, "dcnv2", "dim=10 cross=3 hidden=500x3", 22018021 },
	{ AVAZU, "dcnv2", "dim=10 cross=5 hidden=400x3 batch_norm=1", 13641311 },
	{ MOVIELENS, "xdeepfm", "dim=10 cin=64x3 hidden=400x3 wide=1 towers=sum", 1351767 },
	{ CRITEO, "xdeepfm", "dim=10 cin=16,16 hidden=400x3 wide=1 towers=sum", 23461462 },
	{ AVAZU, "xdeepfm", "dim=10 cin=64 hidden=400x3 wide=1 towers=sum batch_norm=1", 14727695 },
	{ MOVIELENS, "autoint", "dim=10 attn_layers=2 attn_dim=128 layer_norm=1 wide=1 hidden=", 1047798 },
	{ CRITEO, "autoint", "dim=10 attn_layers=3 attn_dim=256 layer_norm=1 wide=1 hidden=", 23364453 },
	{ AVAZU, "autoint", "dim=10 attn_layers=4 attn_dim=128 layer_norm=1 hidden=", 13142407 },
	{ MOVIELENS, "autoint", "dim=10 attn_layers=2 attn_dim=128 layer_norm=1 wide=1 hidden=400x3 batch_norm=1 towers=sum", 1383799 },
	{ CRITEO, "autoint", "dim=10 attn_layers=3 attn_dim=256 layer_norm=1 wide=1 hidden=400x3 batch_norm=1 towers=sum", 23844454 },
	{ AVAZU, "autoint", "dim=10 attn_layers=5 attn_dim=256 layer_norm=1 hidden=400x3 batch_norm=1 towers=sum", 14202856 },
	{ MOVIELENS, "fignn", "dim=10 steps=13 gru=0 reuse=0", 910440 },
	{ CRITEO, "fignn", "dim=10 steps=6 reuse=0", 20925920 },
	{ AVAZU, "fignn", "dim=10 steps=8 gru=0 reuse=0", 13026140 },

	/* tables 2 of 100 x 3; 2 maps of 3 and 3 maps of 2 x 5, norms; 12 -> 12 and 9 -> 3 new fields; 4 + 4 + 1 of 3 and 36 products -> 5 -> 1 */
	{ SMALL, "fgcnn", "dim=3 channels=2,3 kernels=3,5 pools=2,2 recombined=2,1 hidden=5",
	  600 + 2 * 4 + 4 + 13 * 12 + 3 * 11 + 6 + 10 * 3 + 64 * 5 + 6 },
	{ SMALL, "fgcnn", "dim=3 channels=2,3 kernels=3,5 pools=2,2 recombined=2,1 hidden=5 share_table=1 conv_norm=0",
	  300 + 2 * 4 + 13 * 12 + 3 * 11 + 10 * 3 + 64 * 5 + 6 },
	/* tables 100 x 3 and 100 x 1, senet 2 x (2 x 4), matrices 2 x 6, 2 x 4, 2 x 1 of 3 x 3, MLP 36 -> 5 -> 1 */
	{ SMALL, "fibinet", "dim=3 reduction=2 hidden=5", 300 + 100 + 16 + 2 * 6 * 9 + 37 * 5 + 6 },
	{ SMALL, "fibinet", "dim=3 reduction=2 hidden=5 bilinear=each", 300 + 100 + 16 + 2 * 4 * 9 + 37 * 5 + 6 },
	{ SMALL, "fibinet", "dim=3 reduction=9 hidden=5 bilinear=all", 300 + 100 + 8 + 2 * 9 + 37 * 5 + 6 },
	/* norms of the fields 4 x 6; a block from 12 to 5: masks 12 -> 24 -> 12, 12 x 5, norm 10; then from 5 to 7: masks 12 -> 10 -> 5, 5 x 7, 14 */
	{ SMALL, "masknet", "dim=3 mask_ratio=2 hidden=5,7",
	  300 + 24 + 13 * 24 + 25 * 12 + 60 + 10 + 13 * 10 + 11 * 5 + 35 + 14 + 8 },
	/* two blocks from 12 to 6: masks 12 -> 12 -> 12, 12 x 6, norm 12; MLP 12 -> 5 -> 1 */
	{ SMALL, "masknet", "dim=3 form=parallel blocks=2 block_dim=6 hidden=5", 300 + 24 + 2 * (13 * 12 * 2 + 72 + 12) + 13 * 5 + 6 },
	/* gates: 3 and 3 -> 7 -> 12 each; MLPs 12 -> 8 -> 4 and 12 -> 6; both out; 2 heads of 2 x 3 */
	{ SMALL, "finalmlp", "dim=3 gate=7 hidden=8,4 hidden2=6 heads=2",
	  300 + 2 * (3 + 4 * 7 + 8 * 12) + 13 * 8 + 9 * 4 + 13 * 6 + 11 + 2 * 2 * 3 },
};

static size_t count(int set, const char *model, const char *sizes)
{
	struct ctr_config c;
	struct nn_ids ids = { NULL };
	size_t n = 0;
	ctr_config_init(&c, ctr_find(model), sets[set].fields, sets[set].features);
	int rc = ctr_config_set_words(&c, sizes, NULL);
	assert(!rc);
	(void)rc;
	struct ctr_build b = { .b = { nn_graph_new(NULL), nn_params_new(), 0 }, .c = &c, .ids = &ids, .axis = 1, .pad = -1 };
	ctr_logit(&b, ctr_final(&b));
	for (int i = 0; i < b.b.ps->n; i++)
		n += b.b.ps->v[i]->frozen ? 0 : b.b.ps->v[i]->n;	/* no running means */
	nn_graph_free(b.b.g);
	nn_params_free(b.b.ps);
	return n;
}

static void check_all_are_counted(void)
{
	char names[256], *name;
	snprintf(names, sizeof names, "%s", ctr_names());
	for (name = strtok(names, "|"); name; name = strtok(NULL, "|")) {
		size_t i = 0;
		while (i < sizeof rows / sizeof *rows && strcmp(rows[i].model, name))
			i++;
		if (i == sizeof rows / sizeof *rows)
			printf("# %s is not counted\n", name);
		n_failed += i == sizeof rows / sizeof *rows;
	}
}

int main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t n = count(rows[i].set, rows[i].model, rows[i].sizes);
		n_failed += n != rows[i].count;
		printf("%sok %d - %s, %s %s: %zu parameters, %zu expected\n", n == rows[i].count ? "" : "not ", ++n_tests, sets[rows[i].set].name,
		       rows[i].model, rows[i].sizes, n, rows[i].count);
	}
	check_all_are_counted();
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
