/* text_recurrence.c: the recurrence of the deep text model, forwards and back, for training on
 * processors. Built by text_recurrence.py for the machine it trains on; not a part of Mien itself.
 *
 * After Lei et al. (2018), "Simple Recurrent Units": for each of two directions, all H channels by
 * themselves,
 *   f = sigmoid(uf + vf c' + bf)      r = sigmoid(ur + vr c' + br)      c' the state before
 *   c = f c' + (1 - f) uc             h = r c + (1 - r) ux
 * u: [T][B][2][3][H] (uc uf ur); x = ux: [T][B][2][H]; v, b: [2][2][H] (f, r); c, h: as x.
 * Where mask [T][B] is 0, the state stays and h is 0. */
#include <math.h>
#include <stddef.h>
#include <string.h>

static inline float sigmoid(float x) { return 1 / (1 + expf(-x)); }

void forward(const float *restrict u, const float *restrict x, const float *restrict v, const float *restrict b,
             const float *restrict mask, float *restrict c, float *restrict h, int T, int B, int H) {
  for (int d = 0; d < 2; d++) {
    const float *vf = v + d * 2 * H, *vr = vf + H, *bf = b + d * 2 * H, *br = bf + H;
    for (int s = 0; s < T; s++) {
      int t = d ? T - 1 - s : s, before = d ? t + 1 : t - 1;
      for (int n = 0; n < B; n++) {
        size_t at = (size_t)t * B + n;
        const float *restrict uc = u + (at * 2 + d) * 3 * H;
        const float *restrict ux = x + (at * 2 + d) * H;
        float *restrict now = c + (at * 2 + d) * H, *restrict out = h + (at * 2 + d) * H;
        float zero[1024] = {0};
        const float *restrict old = s ? c + (((size_t)before * B + n) * 2 + d) * H : zero;
        if (mask[at] == 0) {
          memcpy(now, old, H * sizeof *now);
          memset(out, 0, H * sizeof *out);
          continue;
        }
        for (int i = 0; i < H; i++) {
          float f = sigmoid(uc[H + i] + vf[i] * old[i] + bf[i]);
          float r = sigmoid(uc[2 * H + i] + vr[i] * old[i] + br[i]);
          now[i] = f * old[i] + (1 - f) * uc[i];
          out[i] = r * now[i] + (1 - r) * ux[i];
        }
      }
    }
  }
}

/* dh -> du, dx; dv, db (added to). `carry`: [B][H] of scratch. */
void backward(const float *restrict u, const float *restrict x, const float *restrict v,
              const float *restrict b, const float *restrict mask, const float *restrict c, const float *restrict dh,
              float *restrict du, float *restrict dx, float *restrict dv, float *restrict db, float *restrict carry,
              int T, int B, int H) {
  for (int d = 0; d < 2; d++) {
    const float *vf = v + d * 2 * H, *vr = vf + H, *bf = b + d * 2 * H, *br = bf + H;
    float *restrict dvf = dv + d * 2 * H, *restrict dvr = dvf + H;
    float *restrict dbf = db + d * 2 * H, *restrict dbr = dbf + H;
    memset(carry, 0, (size_t)B * H * sizeof *carry);
    for (int s = T - 1; s >= 0; s--) {
      int t = d ? T - 1 - s : s, before = d ? t + 1 : t - 1;
      for (int n = 0; n < B; n++) {
        size_t at = (size_t)t * B + n;
        const float *restrict uc = u + (at * 2 + d) * 3 * H;
        const float *restrict ux = x + (at * 2 + d) * H;
        const float *restrict now = c + (at * 2 + d) * H, *restrict out = dh + (at * 2 + d) * H;
        float *restrict to = du + (at * 2 + d) * 3 * H, *restrict to_x = dx + (at * 2 + d) * H, *restrict back = carry + (size_t)n * H;
        float zero[1024] = {0};
        const float *restrict old = s ? c + (((size_t)before * B + n) * 2 + d) * H : zero;
        if (mask[at] == 0) {
          memset(to, 0, 3 * H * sizeof *to);
          memset(to_x, 0, H * sizeof *to_x);
          continue;
        }
        for (int i = 0; i < H; i++) {
          float f = sigmoid(uc[H + i] + vf[i] * old[i] + bf[i]);
          float r = sigmoid(uc[2 * H + i] + vr[i] * old[i] + br[i]);
          float dr = out[i] * (now[i] - ux[i]) * r * (1 - r);
          float dc = out[i] * r + back[i];
          float df = dc * (old[i] - uc[i]) * f * (1 - f);
          to[i] = dc * (1 - f);
          to[H + i] = df;
          to[2 * H + i] = dr;
          to_x[i] = out[i] * (1 - r);
          back[i] = dc * f + df * vf[i] + dr * vr[i];
          dvf[i] += df * old[i];
          dvr[i] += dr * old[i];
          dbf[i] += df;
          dbr[i] += dr;
        }
      }
    }
  }
}
