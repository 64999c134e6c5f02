"""Reference networks in plain Keras 3: the yardstick the tests compare against.

They are written from the papers and from the published code named in each docstring,
independently of the package under test. Everything is channels_last. Batch normalisations
keep the Keras defaults, except in NASNet, where they follow keras.applications.
"""

import keras
from keras import layers
from keras.src.applications.nasnet import _normal_a_cell, _reduction_a_cell

BASIC_BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}
BOTTLENECK_BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
STAGE_FILTERS = (64, 128, 256, 512)


def _bn_relu(x):
    """Batch normalisation, then ReLU."""
    x = layers.BatchNormalization()(x)
    return layers.Activation("relu")(x)


def _classifier(x, classes):
    """Global average pooling and a softmax layer."""
    x = layers.GlobalAveragePooling2D()(x)
    return layers.Dense(classes, activation="softmax")(x)


# --- Post-activation ResNets (He et al. 2015, https://arxiv.org/abs/1512.03385) ---------------


def _resnet_stem(x, use_bias):
    """Explicitly padded 7x7 convolution and max pooling, as in keras.applications."""
    x = layers.ZeroPadding2D(3)(x)
    x = layers.Conv2D(64, 7, strides=2, padding="valid", use_bias=use_bias)(x)
    x = _bn_relu(x)
    x = layers.ZeroPadding2D(1)(x)
    return layers.MaxPooling2D(3, strides=2, padding="valid")(x)


def _projection_bn(x, filters, stride, use_bias):
    """Shortcut of a block that changes the shape: 1x1 convolution and BN."""
    x = layers.Conv2D(filters, 1, strides=stride, use_bias=use_bias)(x)
    return layers.BatchNormalization()(x)


def _basic_block(x, filters, stride, use_bias, width):
    """Two 3x3 convolutions; projection only where the shape changes."""
    shortcut = x
    if stride != 1 or x.shape[-1] != filters:
        shortcut = _projection_bn(x, filters, stride, use_bias)
    wide = width * filters
    x = layers.Conv2D(wide, 3, strides=stride, padding="same", use_bias=use_bias)(x)
    x = _bn_relu(x)
    x = layers.Conv2D(filters, 3, padding="same", use_bias=use_bias)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Add()([shortcut, x])
    return layers.Activation("relu")(x)


def resnet_basic(depth, input_shape=(224, 224, 3), classes=1000, use_bias=True, width=1):
    """ResNet-18 and ResNet-34.

    Source: He et al. 2015, table 1, option B shortcuts, with the layers
    keras.applications uses for its ResNet50.
    """
    inputs = keras.Input(input_shape)
    x = _resnet_stem(inputs, use_bias)
    for stage, (filters, blocks) in enumerate(zip(STAGE_FILTERS, BASIC_BLOCKS[depth], strict=True)):
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            x = _basic_block(x, filters, stride, use_bias, width)
    return keras.Model(inputs, _classifier(x, classes))


def _bottleneck_v1_5(x, filters, stride, project, width):
    """1x1, 3x3 (strided), 1x1 convolutions without biases; the first two are `width` as wide."""
    shortcut = _projection_bn(x, 4 * filters, stride, use_bias=False) if project else x
    wide = width * filters
    x = layers.Conv2D(wide, 1, use_bias=False)(x)
    x = _bn_relu(x)
    x = layers.Conv2D(wide, 3, strides=stride, padding="same", use_bias=False)(x)
    x = _bn_relu(x)
    x = layers.Conv2D(4 * filters, 1, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Add()([shortcut, x])
    return layers.Activation("relu")(x)


def resnet_bottleneck_torchvision(depth, input_shape=(224, 224, 3), classes=1000, width=1):
    """ResNet-50, -101 and -152 "v1.5".

    Source: He et al. 2015 with torchvision's change (torchvision/models/resnet.py): a stage's
    stride is taken by the 3x3 convolution of its first block.
    """
    inputs = keras.Input(input_shape)
    x = _resnet_stem(inputs, use_bias=False)
    for stage, (filters, blocks) in enumerate(
        zip(STAGE_FILTERS, BOTTLENECK_BLOCKS[depth], strict=True)
    ):
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            x = _bottleneck_v1_5(x, filters, stride, block == 0, width)
    return keras.Model(inputs, _classifier(x, classes))


# --- CIFAR ResNets (He et al. 2015, section 4.2) -----------------------------------------------


def _cifar_shortcut(x, filters, stride, option):
    """Option A pads channels with zeros, B projects where the shape changes, C always."""
    changes = x.shape[-1] != filters
    if option == "a" and changes:
        x = layers.AveragePooling2D(1, strides=stride)(x)
        extra = filters - x.shape[-1]
        # "channels_first" pads the last two axes, here the columns and the channels
        return layers.ZeroPadding2D(((0, 0), (0, extra)), data_format="channels_first")(x)
    if option == "c" or (option == "b" and changes):
        return _projection_bn(x, filters, stride, use_bias=False)
    return x


def cifar_resnet(depth, option="a", input_shape=(32, 32, 3), classes=10):
    """ResNet of 6n+2 layers for CIFAR.

    Source: He et al. 2015, section 4.2: a 3x3 convolution of 16 filters, then 2n layers each
    on maps of 32, 16 and 8 pixels with 16, 32 and 64 filters.
    """
    inputs = keras.Input(input_shape)
    x = _bn_relu(layers.Conv2D(16, 3, padding="same", use_bias=False)(inputs))
    for stage in range(3):
        for block in range((depth - 2) // 6):
            stride = 2 if stage > 0 and block == 0 else 1
            filters = 16 * 2**stage
            shortcut = _cifar_shortcut(x, filters, stride, option)
            x = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x)
            x = _bn_relu(x)
            x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization()(x)
            x = layers.Activation("relu")(layers.Add()([shortcut, x]))
    return keras.Model(inputs, _classifier(x, classes))


def cifar_preact_resnet(depth, option, input_shape=(32, 32, 3), classes=10):
    """Pre-activation ResNet of 6n+2 layers for CIFAR, such as ResNet-110.

    Source: He et al. 2016, figure 4(e), section 3.1 and the appendix: the first unit activates
    before the paths split, the last is followed by one more activation.
    """
    inputs = keras.Input(input_shape)
    x = _bn_relu(_he_conv(inputs, 16, 3, bias=False))
    for stage in range(3):
        for block in range((depth - 2) // 6):
            stride = 2 if stage > 0 and block == 0 else 1
            filters = 16 * 2**stage
            activated = x if stage == block == 0 else _bn_relu(x)
            if option == "a" or (option == "b" and x.shape[-1] == filters):
                shortcut = _cifar_shortcut(x, filters, stride, "a")
            else:
                shortcut = _he_conv(activated, filters, 1, stride, bias=False)
            y = _he_conv(activated, filters, 3, stride, bias=False)
            y = _he_conv(_bn_relu(y), filters, 3, bias=False)
            x = layers.Add()([shortcut, y])
    return keras.Model(inputs, _classifier(_bn_relu(x), classes))


def cifar_preact_bottlenecks(depth, input_shape=(32, 32, 3), classes=10):
    """Pre-activation ResNet of 9n+2 layers for CIFAR, such as ResNet-164 and ResNet-1001.

    Source: https://github.com/KaimingHe/resnet-1k-layers (resnet-pre-act.lua): stages of 64, 128
    and 256 channels; a unit that changes them has one BN-ReLU for both paths.
    """
    inputs = keras.Input(input_shape)
    x = _he_conv(inputs, 16, 3, bias=False)
    for stage, outer in enumerate((64, 128, 256)):
        for block in range((depth - 2) // 9):
            stride = 2 if stage > 0 and block == 0 else 1
            activated = _bn_relu(x)
            shortcut = x if block else _he_conv(activated, outer, 1, stride, bias=False)
            y = _he_conv(activated, outer // 4, 1, stride, bias=False)
            y = _he_conv(_bn_relu(y), outer // 4, 3, bias=False)
            y = _he_conv(_bn_relu(y), outer, 1, bias=False)
            x = layers.Add()([shortcut, y])
    return keras.Model(inputs, _classifier(_bn_relu(x), classes))


# --- SENets (Hu et al. 2018, https://arxiv.org/abs/1709.01507) -------------------------------


def _se_block(x, ratio):
    """Squeeze by global average pooling, excitation by two 1x1 convolutions, scaling."""
    channels = x.shape[-1]
    s = layers.GlobalAveragePooling2D(keepdims=True)(x)
    s = layers.Conv2D(channels // ratio, 1, activation="relu")(s)
    s = layers.Conv2D(channels, 1, activation="sigmoid")(s)
    return layers.Multiply()([x, s])


def _bn_conv_after(x, filters, kernel, stride=1, groups=1):
    """Convolution without bias, then batch normalisation."""
    x = layers.Conv2D(
        filters, kernel, strides=stride, padding="same", groups=groups, use_bias=False
    )(x)
    return layers.BatchNormalization()(x)


def _se_residual(x, convs, ratio, down_kernel=1):
    """Residual branch of (filters, kernel, stride, groups), squeezed and excited, then added."""
    y = x
    for index, (filters, kernel, stride, groups) in enumerate(convs):
        y = _bn_conv_after(y, filters, kernel, stride, groups)
        if index < len(convs) - 1:
            y = layers.Activation("relu")(y)
    if x.shape[-1] != y.shape[-1]:
        stride = x.shape[1] // y.shape[1]
        x = _bn_conv_after(x, y.shape[-1], down_kernel if stride > 1 else 1, stride)
    return layers.Activation("relu")(layers.Add()([x, _se_block(y, ratio)]))


def se_resnet(depth, ratio=16, input_shape=(224, 224, 3), classes=1000):
    """SE-ResNet-18 to -152; the first convolution of a block strides.

    Source: Hu et al. 2018, table 1 and figure 3, on He et al. 2015, table 1.
    """
    inputs = keras.Input(input_shape)
    x = _resnet_stem(inputs, use_bias=False)
    repetitions = {**BASIC_BLOCKS, **BOTTLENECK_BLOCKS}[depth]
    for stage, blocks in enumerate(repetitions):
        f = STAGE_FILTERS[stage]
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            convs = [(f, 3, stride, 1), (f, 3, 1, 1)]
            if depth in BOTTLENECK_BLOCKS:
                convs = [(f, 1, stride, 1), (f, 3, 1, 1), (4 * f, 1, 1, 1)]
            x = _se_residual(x, convs, ratio)
    return keras.Model(inputs, _classifier(x, classes))


def se_resnext(depth, cardinality, width, input_shape=(224, 224, 3), classes=1000):
    """SE-ResNeXt; the grouped 3x3 convolution strides.

    Source: Hu et al. 2018, table 1, on Xie et al. 2017, table 1.
    """
    inputs = keras.Input(input_shape)
    x = _resnet_stem(inputs, use_bias=False)
    for stage, blocks in enumerate(BOTTLENECK_BLOCKS[depth]):
        inner, outer = cardinality * width * 2**stage, 256 * 2**stage
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            convs = [(inner, 1, 1, 1), (inner, 3, stride, cardinality), (outer, 1, 1, 1)]
            x = _se_residual(x, convs, ratio=16)
    return keras.Model(inputs, _classifier(x, classes))


def senet_154(input_shape=(224, 224, 3), classes=1000):
    """SENet-154.

    Source: Hu et al. 2018, appendix; the stem's 64, 64 and 128 filters from the published model.
    """
    inputs = keras.Input(input_shape)
    x = inputs
    for filters, stride in ((64, 2), (64, 1), (128, 1)):
        x = layers.Activation("relu")(_bn_conv_after(x, filters, 3, stride))
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    for stage, blocks in enumerate((3, 8, 36, 3)):
        w = 64 * 4 * 2**stage
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            convs = [(w // 2, 1, 1, 1), (w, 3, stride, 64), (w, 1, 1, 1)]
            x = _se_residual(x, convs, ratio=16, down_kernel=3)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


# --- Pre-activation ResNets (He et al. 2016, https://arxiv.org/abs/1603.05027) ----------------


def _he_conv(x, filters, kernel, stride=1, bias=True):
    """Convolution with he_normal weights."""
    return layers.Conv2D(
        filters,
        kernel,
        strides=stride,
        padding="same",
        use_bias=bias,
        kernel_initializer="he_normal",
    )(x)


def _preact_shortcut(x, residual, stride):
    """Identity, or a 1x1 convolution without BN where the shape changes."""
    if stride == 1 and x.shape[-1] == residual.shape[-1]:
        return x
    return _he_conv(x, residual.shape[-1], 1, stride)


def _preact_block(x, convs, stride, very_first):
    """BN-ReLU-convolution for each (filters, kernel) in convs, the first of them strided."""
    residual = x
    for index, (filters, kernel) in enumerate(convs):
        if index > 0 or not very_first:
            residual = _bn_relu(residual)
        residual = _he_conv(residual, filters, kernel, stride if index == 0 else 1)
    return layers.Add()([_preact_shortcut(x, residual, stride), residual])


def preact_resnet(depth, input_shape=(224, 224, 3), classes=1000):
    """Pre-activation ResNet-18, -34, -50, -101 and -152.

    Source: https://github.com/raghakot/keras-resnet (resnet.py), without its weight decay.
    """
    inputs = keras.Input(input_shape)
    x = _bn_relu(_he_conv(inputs, 64, 7, stride=2))
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    repetitions = BASIC_BLOCKS[depth] if depth in BASIC_BLOCKS else BOTTLENECK_BLOCKS[depth]
    for stage, (filters, blocks) in enumerate(zip(STAGE_FILTERS, repetitions, strict=True)):
        if depth in BASIC_BLOCKS:
            convs = ((filters, 3), (filters, 3))
        else:
            convs = ((filters, 1), (filters, 3), (4 * filters, 1))
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            x = _preact_block(x, convs, stride, very_first=stage == 0 and block == 0)
    return keras.Model(inputs, _classifier(_bn_relu(x), classes))


# --- Wide ResNets (Zagoruyko & Komodakis 2016, https://arxiv.org/abs/1605.07146) --------------


def _wide_block(x, filters, stride, kernels, dropout, shortcut_bn, bias):
    """BN-ReLU-convolution per kernel; a projection shares the first BN-ReLU."""
    shortcut = x
    activated = _bn_relu(x)
    if x.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, strides=stride, use_bias=bias)(activated)
        if shortcut_bn:
            shortcut = layers.BatchNormalization()(shortcut)
    x = layers.Conv2D(filters, kernels[0], strides=stride, padding="same", use_bias=bias)(activated)
    for kernel in kernels[1:]:
        x = _bn_relu(x)
        if dropout > 0:
            x = layers.Dropout(dropout)(x)
        x = layers.Conv2D(filters, kernel, padding="same", use_bias=bias)(x)
    return layers.Add()([x, shortcut])


def wrn(
    depth,
    width,
    input_shape=(32, 32, 3),
    classes=10,
    kernels=(3, 3),
    dropout=0.0,
    shortcut_bn=False,
    stem_bias=False,
    bias=False,
):
    """Wide residual network WRN-depth-width.

    Source: https://github.com/szagoruyko/wide-residual-networks (models/wide-resnet.lua).
    """
    if (depth - 4) % 6:
        raise ValueError(f"depth must be 6 * N + 4, got {depth}")
    inputs = keras.Input(input_shape)
    x = layers.Conv2D(16, 3, padding="same", use_bias=stem_bias or bias)(inputs)
    for group in range(3):
        for block in range((depth - 4) // 6):
            stride = 2 if group > 0 and block == 0 else 1
            filters = 16 * width * 2**group
            x = _wide_block(x, filters, stride, kernels, dropout, shortcut_bn, bias)
    return keras.Model(inputs, _classifier(_bn_relu(x), classes))


def imagenet_wrn(depth, k, input_shape=(224, 224, 3), classes=1000):
    """WRN-18-k or WRN-34-k for ImageNet.

    Source: Zagoruyko & Komodakis 2016, section 3.4, on fb.resnet.torch: the basic blocks of
    He et al. 2015 with k times the filters behind an unchanged stem.
    """
    inputs = keras.Input(input_shape)
    x = _resnet_stem(inputs, use_bias=False)
    for stage, blocks in enumerate(BASIC_BLOCKS[depth]):
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            x = _basic_block(x, int(STAGE_FILTERS[stage] * k), stride, False, width=1)
    return keras.Model(inputs, _classifier(x, classes))


# --- A ResNet-50 variant for Fashion-MNIST ----------------------------------------------------


def _biased_bottleneck(x, filters, project):
    """Bottleneck of stride 1 with biases; the projection, if any, has no BN."""
    shortcut = layers.Conv2D(filters, 1)(x) if project else x
    x = _bn_relu(layers.Conv2D(filters // 4, 1)(x))
    x = _bn_relu(layers.Conv2D(filters // 4, 3, padding="same")(x))
    x = layers.BatchNormalization()(layers.Conv2D(filters, 1)(x))
    x = layers.Add()([shortcut, x])
    return layers.Activation("relu")(x)


def fmnist_resnet50(input_shape=(28, 28, 1), classes=10):
    """ResNet-50 variant whose stacks 2 to 4 are entered by a bare strided 1x1 convolution.

    Source: the description given to the test suite (bottlenecks of He et al. 2015).
    """
    inputs = keras.Input(input_shape)
    x = _bn_relu(layers.Conv2D(64, 7, strides=2, padding="same")(inputs))
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    for stack, blocks in enumerate(BOTTLENECK_BLOCKS[50]):
        filters = 256 * 2**stack
        if stack > 0:
            x = layers.Conv2D(filters, 1, strides=2, padding="valid")(x)
        for block in range(blocks):
            x = _biased_bottleneck(x, filters, project=stack == 0 and block == 0)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(1000, activation="relu")(x)
    x = layers.Dense(classes, activation="softmax")(x)
    return keras.Model(inputs, x)


# --- NASNet-A for CIFAR (Zoph et al. 2018, https://arxiv.org/abs/1707.07012) ------------------


def nasnet_a_cifar(
    N,
    F,
    stem_filters=96,
    input_shape=(32, 32, 3),
    classes=10,
    skip_reduction=True,
):
    """NASNet-A with N normal cells per stage, of F, 2F and 4F filters.

    Source: keras.applications.nasnet, whose cells are used, with a 3x3 stem of stride 1 in
    place of the strided stem and the stem's reduction cells. The first cell takes the stem's
    output for both of its inputs.
    """
    inputs = keras.Input(input_shape)
    x = layers.Conv2D(
        stem_filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal"
    )(inputs)
    x = layers.BatchNormalization(momentum=0.9997, epsilon=1e-3)(x)
    p = x
    for i in range(N):
        x, p = _normal_a_cell(x, p, F, block_id=f"{i}")
    for stage in (1, 2):
        filters = F * 2**stage
        x, before_reduction = _reduction_a_cell(x, p, filters, block_id=f"reduce_{stage * N}")
        p = p if skip_reduction else before_reduction
        for i in range(N):
            x, p = _normal_a_cell(x, p, filters, block_id=f"{stage * N + i + 1}")
    x = layers.Activation("relu")(x)
    return keras.Model(inputs, _classifier(x, classes))


# --- PNASNet-5 (Liu et al. 2018, https://arxiv.org/abs/1712.00559) -----------------------------

NAS_BN = {"momentum": 0.9997, "epsilon": 1e-3}


def _pointwise_bn(x, filters, stride=1):
    """1x1 convolution and batch normalisation."""
    x = layers.Conv2D(filters, 1, strides=stride, use_bias=False)(x)
    return layers.BatchNormalization(**NAS_BN)(x)


def _strided_margins(x, kernel):
    """Zeros that make a "valid" window of stride 2 cover what "same" would."""
    margins = []
    for size in x.shape[1:3]:
        total = kernel - (1 if size % 2 else 2)
        margins.append((total // 2, total - total // 2))
    return tuple(margins)


def _twice_separable(x, filters, kernel, stride):
    """(ReLU, separable convolution, BN) twice; the first takes the stride."""
    for number in range(2):
        x = layers.Activation("relu")(x)
        strided = number == 0 and stride > 1
        if strided:
            x = layers.ZeroPadding2D(_strided_margins(x, kernel))(x)
        x = layers.SeparableConv2D(
            filters,
            kernel,
            strides=stride if strided else 1,
            padding="valid" if strided else "same",
            use_bias=False,
        )(x)
        x = layers.BatchNormalization(**NAS_BN)(x)
    return x


def _factorized_reduction(x, filters):
    """Two strided 1x1 poolings one pixel apart, each followed by half of the filters."""
    x = layers.Activation("relu")(x)
    left = layers.AveragePooling2D(1, strides=2)(x)
    left = layers.Conv2D(filters // 2, 1, use_bias=False)(left)
    right = layers.Cropping2D(((1, 0), (1, 0)))(layers.ZeroPadding2D(((0, 1), (0, 1)))(x))
    right = layers.AveragePooling2D(1, strides=2)(right)
    right = layers.Conv2D(filters - filters // 2, 1, use_bias=False)(right)
    return layers.BatchNormalization(**NAS_BN)(layers.Concatenate()([left, right]))


def _pnas_cell(x, before, filters, stride):
    """The cell: five pairs, each (input, operation) twice, added; all are concatenated."""
    if before is None:
        before = x
    elif before.shape[2] != x.shape[2]:
        before = _factorized_reduction(before, filters)
    elif before.shape[-1] != filters:
        before = _pointwise_bn(layers.Activation("relu")(before), filters)
    h = _pointwise_bn(layers.Activation("relu")(x), filters)

    def apply(operation, t, stride):
        if operation == "none":
            return t if stride == 1 else _pointwise_bn(layers.Activation("relu")(t), filters, 2)
        if operation == "max":
            t = layers.MaxPooling2D(3, strides=stride, padding="same")(t)
            return t if t.shape[-1] == filters else _pointwise_bn(t, filters)
        return _twice_separable(t, filters, operation, stride)

    states = [h, before]
    pairs = (
        ((5, 1), ("max", 1)),
        ((7, 0), ("max", 0)),
        ((5, 0), (3, 0)),
        ((3, 4), ("max", 0)),
        ((3, 1), ("none", 0)),
    )
    for pair in pairs:
        both = [apply(what, states[i], stride if i < 2 else 1) for what, i in pair]
        states.append(layers.Add()(both))
    return layers.Concatenate()(states[2:])


def pnasnet_5(N, F, stem_filters, imagenet, input_shape, classes):
    """PNASNet-5 with N cells at each of three resolutions.

    Source: https://github.com/tensorflow/models (research/slim/nets/nasnet/pnasnet.py): its
    table of operations and hidden states, without auxiliary head and drop path.
    """
    inputs = keras.Input(input_shape)
    stem = {"strides": 2, "padding": "valid"} if imagenet else {"padding": "same"}
    x = layers.Conv2D(stem_filters, 3, use_bias=False, **stem)(inputs)
    x = layers.BatchNormalization(**NAS_BN)(x)
    before = None
    if imagenet:
        for filters in (F // 4, F // 2):
            x, before = _pnas_cell(x, before, filters, 2), x
    for number in range(3 * N):
        stride = 2 if number in (N, 2 * N) else 1
        x, before = _pnas_cell(x, before, F * 2 ** (number // N), stride), x
    return keras.Model(inputs, _classifier(layers.Activation("relu")(x), classes))


# --- VGG (Simonyan & Zisserman 2014, https://arxiv.org/abs/1409.1556) --------------------------


def vgg(columns, bn, input_shape=(224, 224, 3), classes=1000):
    """VGG from a column of table 1: filters of 3x3 convolutions, "M" for a max pooling.

    With `bn` a normalisation follows each, as in github.com/pytorch/vision.
    """
    inputs = x = keras.Input(input_shape)
    for entry in columns.split():
        if entry == "M":
            x = layers.MaxPooling2D(2)(x)
        elif bn:
            x = layers.Conv2D(int(entry), 3, padding="same")(x)
            x = _bn_relu(x)
        else:
            x = layers.Conv2D(int(entry), 3, padding="same", activation="relu")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(4096, activation="relu")(x)
    x = layers.Dense(4096, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


# --- DenseNet for CIFAR (Huang et al. 2016, https://arxiv.org/abs/1608.06993) -------------------


def densenet_cifar(depth, k, bc, dropout=0, input_shape=(32, 32, 3), classes=10):
    """DenseNet and DenseNet-BC as in github.com/liuzhuang13/DenseNet, models/densenet.lua."""

    def conv(x, filters, kernel):
        x = _bn_relu(x)
        x = layers.Conv2D(filters, kernel, padding="same", use_bias=False)(x)
        return layers.Dropout(dropout)(x) if dropout else x

    inputs = keras.Input(input_shape)
    x = layers.Conv2D(2 * k if bc else 16, 3, padding="same", use_bias=False)(inputs)
    for block in range(3):
        for _ in range((depth - 4) // (6 if bc else 3)):
            y = conv(x, 4 * k, 1) if bc else x
            x = layers.Concatenate()([x, conv(y, k, 3)])
        if block < 2:
            x = conv(x, x.shape[-1] // 2 if bc else x.shape[-1], 1)
            x = layers.AveragePooling2D(2)(x)
    return keras.Model(inputs, _classifier(_bn_relu(x), classes))
