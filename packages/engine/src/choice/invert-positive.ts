/** The inverse of a symmetric positive definite matrix, by Cholesky's decomposition. */

/** Inverts a matrix of `size` rows, row by row. Throws where it is not positive definite. */
export function invertPositive(matrix: Float64Array, size: number): Float64Array {
  const lower = decompose(matrix, size);
  const inverse = new Float64Array(size * size);
  for (let column = 0; column < size; column++) {
    const solved = new Float64Array(size);
    for (let row = 0; row < size; row++) {
      let sum = row === column ? 1 : 0;
      for (let k = 0; k < row; k++) sum -= read(lower, row * size + k) * read(solved, k);
      solved[row] = sum / read(lower, row * size + row);
    }
    for (let row = size - 1; row >= 0; row--) {
      let sum = read(solved, row);
      for (let k = row + 1; k < size; k++) sum -= read(lower, k * size + row) * read(solved, k);
      solved[row] = sum / read(lower, row * size + row);
      inverse[row * size + column] = read(solved, row);
    }
  }
  return inverse;
}

/** Finds the lower triangle L with L Lᵀ = matrix. */
function decompose(matrix: Float64Array, size: number): Float64Array {
  const lower = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = read(matrix, row * size + column);
      for (let k = 0; k < column; k++) sum -= read(lower, row * size + k) * read(lower, column * size + k);
      if (row === column && !(sum > 0)) throw new Error('the matrix is not positive definite');
      lower[row * size + column] =
        row === column ? Math.sqrt(sum) : sum / read(lower, column * size + column);
    }
  }
  return lower;
}

function read(values: Float64Array, index: number): number {
  return values[index] ?? 0;
}
