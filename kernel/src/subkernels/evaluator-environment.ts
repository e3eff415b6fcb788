/**
 * What the evaluator may see of the kernel's environment: a list of what it needs, because keys go by any name. It runs
 * code that a model wrote; the sandbox is a second wall, not the first.
 */

const VISIBLE_VARIABLES = new Set([
  'PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'TEMP', 'TMP',
  'PYTHONPATH', 'PYTHONHOME', 'PYTHONUNBUFFERED', 'PYTHONDONTWRITEBYTECODE', 'VIRTUAL_ENV', 'CONDA_PREFIX',
  'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'DYLD_FALLBACK_LIBRARY_PATH',
  'DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY', 'XDG_RUNTIME_DIR', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'XDG_STATE_HOME',
  'SDL_VIDEODRIVER', 'SDL_AUDIODRIVER', 'MUJOCO_GL', 'PYOPENGL_PLATFORM', 'CUDA_VISIBLE_DEVICES',
  'MPLBACKEND', 'MPLCONFIGDIR',
  'OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS', 'NUMEXPR_NUM_THREADS',
  'JUPYTER_PATH', 'JUPYTER_RUNTIME_DIR', 'JUPYTER_DATA_DIR', 'JUPYTER_CONFIG_DIR', 'IPYTHONDIR',
  'POLICYBOOK_PYTHON', 'POLICYBOOK_NODE', 'POLICYBOOK_WORKERS', 'POLICYBOOK_WIDTH', 'POLICYBOOK_HUNG_SECONDS',
  'POLICYBOOK_ISOLATION_LEVEL', 'POLICYBOOK_LEAST_LEVEL',
]); // prettier-ignore

/** The variables of `env` that the evaluator needs, and so none that holds a key. */
export function selectEvaluatorEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => VISIBLE_VARIABLES.has(name) || name.startsWith('LC_')),
  );
}
