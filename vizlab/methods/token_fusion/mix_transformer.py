"""The mix transformer (Xie et al., SegFormer, NeurIPS 2021) for streams that share its weights but for the norms.

Maps of tokens are (S*B, h, w, C), stream-major: all streams of a batch go through as one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.methods.parts.backbone import Backbone
from vizlab.methods.token_fusion.exchange import TokenExchange, TokenScores

MLP_RATIO = 4


@dataclass(frozen=True)
class StageShape:
    """One stage: `blocks` of `channels` with so many `heads`, whose keys and values see each `reduction` x `reduction`
    tokens as one."""

    channels: int
    blocks: int
    heads: int
    reduction: int


class StreamLayerNorm(nn.Module):
    """A norm over channels whose scales and shifts, (S, C), are private to each stream."""

    def __init__(self, streams: int, channels: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(streams, channels))
        self.bias = nn.Parameter(torch.zeros(streams, channels))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        y = F.layer_norm(x, x.shape[-1:], eps=self.eps).unflatten(0, (len(self.weight), -1))
        return torch.addcmul(self._by_stream(self.bias), y, self._by_stream(self.weight)).flatten(0, 1)

    def _by_stream(self, value: Tensor) -> Tensor:
        return value[:, None, None, None]


class PatchEmbedding(nn.Module):
    """(S*B, C', H, W) to tokens: a convolution and a norm."""

    def __init__(self, streams: int, cin: int, cout: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(cin, cout, kernel, stride, kernel // 2)
        self.norm = StreamLayerNorm(streams, cout)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.proj(x).permute(0, 2, 3, 1))


class Attention(nn.Module):
    """Every token asks tokens that each stand for a square of them; rows and columns left over are not asked."""

    def __init__(self, streams: int, shape: StageShape) -> None:
        super().__init__()
        channels, self.heads = shape.channels, shape.heads
        self.q = nn.Linear(channels, channels)
        self.kv = nn.Linear(channels, 2 * channels)
        self.proj = nn.Linear(channels, channels)
        self.sr: nn.Conv2d | None = None
        if shape.reduction > 1:
            self.sr = nn.Conv2d(channels, channels, shape.reduction, shape.reduction)
            self.norm = StreamLayerNorm(streams, channels)

    def forward(self, x: Tensor) -> Tensor:
        (query,) = self._heads(self.q(x), 1)
        key, value = self._heads(self.kv(self._reduced(x)), 2)
        y = F.scaled_dot_product_attention(query, key, value)
        return self.proj(y.transpose(1, 2).reshape(x.shape))

    def _heads(self, x: Tensor, count: int) -> Sequence[Tensor]:
        """(S*B, h, w, count * C) to `count` of (S*B, heads, h * w, C / heads)."""
        return x.flatten(1, 2).unflatten(-1, (count, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind()

    def _reduced(self, x: Tensor) -> Tensor:
        return x if self.sr is None else self.norm(self.sr(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1))


class MLP(nn.Module):
    """Two linear layers and, between them, a depthwise convolution over the map of tokens."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = channels * MLP_RATIO
        self.fc1 = nn.Linear(channels, hidden)
        self.dwconv = nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden)
        self.fc2 = nn.Linear(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        y = self.dwconv(self.fc1(x).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return self.fc2(F.gelu(y))


class Block(nn.Module):
    """Attention and MLP, each beside a shortcut; what the attention gives may be exchanged before it is added."""

    def __init__(self, streams: int, shape: StageShape, exchange: TokenExchange | None) -> None:
        super().__init__()
        self.norm1 = StreamLayerNorm(streams, shape.channels)
        self.attn = Attention(streams, shape)
        self.exchange = exchange
        self.norm2 = StreamLayerNorm(streams, shape.channels)
        self.mlp = MLP(shape.channels)

    def forward(self, x: Tensor, scores: TokenScores | None) -> Tensor:
        y = self.attn(self.norm1(x))
        if self.exchange is not None and scores is not None:
            y = self.exchange(y.permute(0, 3, 1, 2), scores(x)).permute(0, 2, 3, 1)
        x = x + y
        return x + self.mlp(self.norm2(x))


class Stage(nn.Module):
    """Blocks of one width and a norm after them; the blocks of `exchanging` share the score networks of the stage.

    Tokens in and out.
    """

    def __init__(
        self, streams: tuple[str, str], shape: StageShape, threshold: float, exchanging: Sequence[int] = ()
    ) -> None:
        super().__init__()
        count, channels = len(streams), shape.channels
        self.scores = TokenScores(count, channels) if exchanging else None
        self.blocks = nn.ModuleList(
            Block(count, shape, TokenExchange(streams, channels, threshold) if index in exchanging else None)
            for index in range(shape.blocks)
        )
        self.norm = StreamLayerNorm(count, channels)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x, self.scores)
        return self.norm(x)


class EncoderStage(Stage):
    """A stage with its patch embedding: (S*B, C', H, W) to (S*B, C, h, w)."""

    def __init__(
        self, streams: tuple[str, str], cin: int, shape: StageShape, threshold: float, exchanging: Sequence[int],
        kernel: int, stride: int,
    ) -> None:  # fmt: skip
        super().__init__(streams, shape, threshold, exchanging)
        self.embed = PatchEmbedding(len(streams), cin, shape.channels, kernel, stride)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(self.embed(x)).permute(0, 3, 1, 2)


class MixTransformer(Backbone):
    """`first` are kernel and stride of the first patch embedding, all others are 3 and 2.

    Every block exchanges, or with `last_only` the last one of each stage.
    """

    def __init__(
        self,
        streams: tuple[str, str],
        shapes: Sequence[StageShape],
        threshold: float,
        first: tuple[int, int],
        last_only: bool = False,
    ) -> None:
        super().__init__()
        self.stage_names = tuple(f"stage{number}" for number in range(1, len(shapes) + 1))
        self.channels = tuple(shape.channels for shape in shapes)
        self.strides = tuple(first[1] * 2**index for index in range(len(shapes)))
        cin, patch = 3, first
        for name, shape in zip(self.stage_names, shapes, strict=True):
            exchanging = range(shape.blocks)[-1:] if last_only else range(shape.blocks)
            self.add_module(name, EncoderStage(streams, cin, shape, threshold, exchanging, *patch))
            cin, patch = shape.channels, (3, 2)

    def run_stage(self, index: int, x: Tensor) -> Tensor:
        return self.get_submodule(self.stage_names[index])(x)


def start_values(module: nn.Module) -> None:
    """For `Module.apply`: linear layers and convolutions begin as in the released code."""
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
    elif isinstance(module, nn.Conv2d):
        fan_out = math.prod(module.kernel_size) * module.out_channels // module.groups
        nn.init.normal_(module.weight, std=math.sqrt(2 / fan_out))
    if isinstance(module, nn.Linear | nn.Conv2d) and module.bias is not None:
        nn.init.zeros_(module.bias)
