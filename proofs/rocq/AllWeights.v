(** From weights with given residues to all weights: step 5 of docs/explanation/lifting.md. *)

From Coq Require Import List ZArith QArith Znumtheory Lia Ring Setoid Morphisms Bool.
From ExactCNN Require Import Hensel Lifting.
From ExactCNN Require Numbers Ranks Kernels.
Import ListNotations.
Local Open Scope nat_scope.

(** The same polynomial modulo m. *)
Inductive alike (m : Z) : polynomial -> polynomial -> Prop :=
  | same f : alike m f f
  | close a c : alike m (Integer (a + m * c)) (Integer a)
  | plus f f' g g' : alike m f f' -> alike m g g' -> alike m (Plus f g) (Plus f' g')
  | times f f' g g' : alike m f f' -> alike m g g' -> alike m (Times f g) (Times f' g').

Lemma alike_total {A} m (f g : A -> polynomial) l : (forall a, alike m (f a) (g a)) -> alike m (total (map f l)) (total (map g l)).
Proof. intro H. induction l as [| a l IH]; cbn; constructor; [apply H | exact IH]. Qed.

Section Weights.
  Variables (p s : Z) (W V : nat -> nat -> Z).

  (** Weights with the residues of W. *)
  Definition moved (x t : nat) : Z := (W x t + p * (s * V x t))%Z.

  Lemma alike_equation d T slots r : alike p (equation d T slots moved r) (equation d T slots W r).
  Proof.
    apply alike_total. intro x. constructor; [constructor |]. apply alike_total. intro t. constructor; constructor.
  Qed.

  Lemma entry_moved slots read n q t : entry slots read moved n q t = (entry slots read W n q t + p * (s * entry slots read V n q t))%Z.
  Proof.
    unfold entry. induction slots as [| x l IH]; cbn [fold_right]; [ring |].
    rewrite IH. unfold moved. destruct (reads read n q x); ring.
  Qed.

  Lemma matrix_moved T slots patches read neurons i j :
    nth j (nth i (weight_matrix T slots patches read moved neurons) []) 0%Z =
    (nth j (nth i (weight_matrix T slots patches read W neurons) []) 0 +
      p * (s * nth j (nth i (weight_matrix T slots patches read V neurons) []) 0))%Z.
  Proof.
    unfold weight_matrix. revert i. induction neurons as [| n l IH]; intros [| i]; cbn [map nth];
      try (destruct j; cbn; ring); [| apply IH].
    clear IH. revert j. induction (columns T patches) as [| q m IHm]; intros [| j]; cbn [map nth]; try ring;
      [apply entry_moved | apply IHm].
  Qed.
End Weights.

Section Totals.
  Local Open Scope Z_scope.

  Lemma total_at_most f g l : (forall i, In i l -> f i <= g i) -> Kernels.total f l <= Kernels.total g l.
  Proof.
    intro H. induction l as [| i l IH]; [reflexivity |]. apply (Z.add_le_mono (f i) (g i)); [apply H; left; reflexivity |].
    apply IH. intros j I. apply H. right. exact I.
  Qed.

  Lemma total_triangle f l : Z.abs (Kernels.total f l) <= Kernels.total (fun i => Z.abs (f i)) l.
  Proof.
    induction l as [| i l IH]; [reflexivity |]. etransitivity; [apply (Z.abs_triangle (f i) (Kernels.total f l)) |].
    apply Z.add_le_mono_l. exact IH.
  Qed.

  Lemma total_entry f l i : (forall i, In i l -> 0 <= f i) -> In i l -> f i <= Kernels.total f l.
  Proof.
    intros P I. induction l as [| j l IH]; [destruct I |]. change (f i <= f j + Kernels.total f l).
    assert (N : 0 <= Kernels.total f l).
    { rewrite <- (Kernels.total_zero (fun _ => 0) l) by reflexivity. apply total_at_most. intros k J. apply P. right. exact J. }
    destruct I as [-> | I]; [lia |]. specialize (P j (or_introl eq_refl)) as Pj. enough (f i <= Kernels.total f l) by lia.
    apply IH; [intros k J; apply P; right; exact J | exact I].
  Qed.

  (** A + N is invertible if N is larger than all entries of A together. *)
  Lemma dominant (r : nat) (A : nat -> nat -> Z) (N : Z) (c : nat -> Z) :
    Kernels.total (fun i => Kernels.total (fun l => Z.abs (A i l)) (seq 0 r)) (seq 0 r) < Z.abs N ->
    (forall l, (l < r)%nat -> Kernels.total (fun i => c i * (A i l + Kernels.delta N i l)) (seq 0 r) = 0) ->
    forall i, (i < r)%nat -> c i = 0.
  Proof.
    intros L H i I. set (a := fun i => Kernels.total (fun l => Z.abs (A i l)) (seq 0 r)) in *.
    assert (E : forall l, (l < r)%nat -> Z.abs N * Z.abs (c l) <= Kernels.total (fun i => Z.abs (c i) * Z.abs (A i l)) (seq 0 r)).
    { intros l Ll. specialize (H l Ll).
      rewrite (Kernels.total_equal _ (fun i => c i * A i l + c i * Kernels.delta N i l)), Kernels.total_add,
        (Kernels.total_single (fun i => c i * Kernels.delta N i l) _ l) in H.
      - unfold Kernels.delta in H. rewrite Nat.eqb_refl in H. rewrite <- Z.abs_mul.
        replace (N * c l) with (- Kernels.total (fun i => c i * A i l) (seq 0 r)) by lia. rewrite Z.abs_opp.
        etransitivity; [apply total_triangle |]. apply Z.eq_le_incl, Kernels.total_equal. intros i' _. apply Z.abs_mul.
      - apply seq_NoDup.
      - apply in_seq. lia.
      - intros i' _ D. unfold Kernels.delta. destruct (Nat.eqb_spec i' l); [contradiction | ring].
      - intros. ring. }
    set (S := Kernels.total (fun i => Z.abs (c i)) (seq 0 r)).
    assert (B : Z.abs N * S <= Kernels.total a (seq 0 r) * S).
    { unfold S. rewrite <- !Kernels.total_scale. etransitivity; [apply total_at_most; intros l Il; apply in_seq in Il; apply E; lia |].
      rewrite Kernels.total_swap. apply total_at_most. intros i' Ii. rewrite Kernels.total_scale, Z.mul_comm.
      apply Z.mul_le_mono_nonneg_r; [lia |]. apply (total_entry a); [| exact Ii]. intros k _. unfold a.
      rewrite <- (Kernels.total_zero (fun _ => 0) (seq 0 r)) by reflexivity. apply total_at_most. intros. lia. }
    assert (Ci : Z.abs (c i) <= S) by (apply (total_entry (fun i => Z.abs (c i))); [intros; lia | apply in_seq; lia]).
    nia.
  Qed.
End Totals.

Section CommutativeRing.
  Variable B : ring.
  Variable eqv : B -> B -> Prop.
  Hypothesis B_ring : is_ring B eqv.
  Local Infix "==" := eqv (at level 70).
  Local Infix "+" := add.
  Local Infix "*" := mul.
  Local Instance equality_instance : Equivalence eqv := equality B eqv B_ring.
  Local Instance add_instance : Proper (eqv ==> eqv ==> eqv) (@add B) := Radd_ext (extensional B eqv B_ring).
  Local Instance mul_instance : Proper (eqv ==> eqv ==> eqv) (@mul B) := Rmul_ext (extensional B eqv B_ring).
  Add Ring B_ring_laws : (laws B eqv B_ring) (setoid equality_instance (extensional B eqv B_ring)).

  Lemma alike_value m y f g : alike m f g -> modulo eqv m (value y f) (value y g).
  Proof.
    induction 1 as [f | a c | f f' g g' F [a IHF] G [b IHG] | f f' g g' F [a IHF] G [b IHG]]; cbn [value].
    - exists zero. ring.
    - exists (integer c). rewrite (morph_add (integer_morphism B eqv B_ring)), (integer_mul B eqv B_ring). ring.
    - exists (a + b). rewrite IHF, IHG. ring.
    - exists (value y f' * b + a * value y g' + integer m * a * b). rewrite IHF, IHG. ring.
  Qed.

  Lemma alike_along m y w f g : alike m f g -> modulo eqv m (along y w f) (along y w g).
  Proof.
    induction 1 as [f | a c | f f' g g' F [a IHF] G [b IHG] | f f' g g' F [a IHF] G [b IHG]]; cbn [along].
    - exists zero. ring.
    - exists zero. ring.
    - exists (a + b). rewrite IHF, IHG. ring.
    - destruct (alike_value m y f f' F) as [u U], (alike_value m y g g' G) as [v V].
      exists (value y f' * b + u * along y w g' + integer m * u * b + along y w f' * v + a * value y g' + integer m * a * v).
      rewrite IHF, IHG, U, V. ring.
  Qed.

  Lemma modulo_trans m x x' x'' : modulo eqv m x x' -> modulo eqv m x' x'' -> modulo eqv m x x''.
  Proof. intros [a A] [b E]. exists (a + b). rewrite A, E. ring. Qed.

  Variables (d T : nat) (slots : list slot) (patches : list (list nat)) (read : nat -> list nat -> option nat).
  Variable W : nat -> nat -> Z.
  Hypothesis patches_differ : NoDup patches.
  Hypothesis patch_dimension : forall p, In p patches -> length p = d.
  Hypothesis offset_dimension : forall s, In s slots -> length (offset s) = d.
  Hypothesis all_keys : complete slots patches read.
  Variables (p : Z) (y : nat -> B) (read_rows : list nat) (R : nat -> nat -> B).
  Hypothesis p_prime : prime p.
  Hypothesis rows_differ : NoDup read_rows.
  Hypothesis all_rows : forall r, is_read slots patches read r -> In r read_rows.
  Hypothesis zero_modulo : forall r, In r read_rows -> modulo eqv p (value y (equation d T slots W r)) zero.
  Hypothesis jacobian : forall r s, In r read_rows -> In s read_rows ->
    modulo eqv p (along y (R s) (equation d T slots W r)) (when (r =? s) one).
  Variables (k : nat) (coordinate : nat -> B -> Z).
  Hypothesis coordinate_proper : forall i x x', x == x' -> coordinate i x = coordinate i x'.
  Hypothesis coordinate_add : forall i x x', coordinate i (x + x') = (coordinate i x + coordinate i x')%Z.
  Hypothesis coordinate_integer : forall i a x, coordinate i (integer a * x) = (a * coordinate i x)%Z.
  Hypothesis independent : Kernels.independent_modulo p k (length (columns T patches)) (given B d T patches y coordinate).

  (** Steps 1 to 5: the rank of U_l for all weights V. They are integers; a common denominator does not change a rank. *)
  Theorem rank_for_all_weights (V : nat -> nat -> Z) (neurons : list nat) (r : nat) :
    Ranks.rank_at_least (K := Numbers.rationals) Qeq (map (map inject_Z) (weight_matrix T slots patches read V neurons)) r ->
    (r + k <= length (columns T patches))%nat.
  Proof.
    intros (indices & <- & I). set (n := length (columns T patches)) in *. set (r := length indices).
    set (U := fun w => Kernels.chosen indices (weight_matrix T slots patches read w neurons)).
    destruct (Kernels.invertible_by_independence n (weight_matrix T slots patches read V neurons) indices) as (D & C & ND & E).
    { apply Forall_forall. intros row J. apply in_map_iff in J. destruct J as (n' & <- & _). apply map_length. }
    { exact I. }
    fold r in E. set (A := fun i l => Kernels.total (fun j => nth j (U W i) 0 * C j l)%Z (seq 0 n)).
    set (a := Kernels.total (fun i => Kernels.total (fun l => Z.abs (A i l)) (seq 0 r)) (seq 0 r)). set (s := (a + 1)%Z).
    assert (Ps : (2 <= p)%Z) by (apply prime_ge_2; exact p_prime).
    assert (S1 : (1 <= s)%Z).
    { unfold s. enough (0 <= a)%Z by lia. unfold a.
      rewrite <- (Kernels.total_zero (fun _ => 0%Z) (seq 0 r)) by reflexivity. apply total_at_most. intros i _.
      rewrite <- (Kernels.total_zero (fun _ => 0%Z) (seq 0 r)) by reflexivity. apply total_at_most. intros. lia. }
    set (W' := moved p s W V). set (N := (p * (s * D))%Z).
    assert (G : forall i l, (i < r)%nat -> (l < r)%nat ->
      Kernels.total (fun j => nth j (U W' i) 0 * C j l)%Z (seq 0 n) = (A i l + Kernels.delta N i l)%Z).
    { intros i l Ir Lr. rewrite (Kernels.total_equal _ (fun j => nth j (U W i) 0 * C j l + p * s * (nth j (U V i) 0 * C j l))%Z).
      - rewrite Kernels.total_add, Kernels.total_scale. unfold U at 2. rewrite E by assumption. unfold A, N, Kernels.delta.
        destruct (i =? l); ring.
      - intros j _. unfold U, Kernels.chosen, W'. rewrite matrix_moved. ring. }
    apply (Kernels.kernels_bound p k n (weight_matrix T slots patches read W' neurons) indices r p_prime).
    - apply (lifted_kernels B eqv B_ring d T slots patches read W') with
        (y := y) (read_rows := read_rows) (R := R) (coordinate := coordinate); try assumption.
      + intros r' J. apply (modulo_trans _ _ _ _ (alike_value p y _ _ (alike_equation p s W V d T slots r'))). auto.
      + intros r' s' J J'. apply (modulo_trans _ _ _ _ (alike_along p y _ _ _ (alike_equation p s W V d T slots r'))). auto.
    - destruct (Kernels.right_inverse r (fun i l => A i l + Kernels.delta N i l)%Z r) as
        [(c & (i & Ir & Nc) & H) | (D' & C' & ND' & H)].
      + exfalso. apply Nc, (dominant r A N c); [| exact H | exact Ir]. fold a.
        assert (L : (s <= Z.abs (s * D))%Z) by nia. unfold N. rewrite Z.abs_mul. replace a with (s - 1)%Z by (unfold s; ring). nia.
      + exists D', (fun j q => Kernels.total (fun l => C' l q * C j l)%Z (seq 0 r)). split; [exact ND' |]. intros i q Ir Qr.
        rewrite <- (H i q Ir Qr), (Kernels.total_exchange _ _ (fun l j => C j l)). apply Kernels.total_equal. intros l Il.
        apply in_seq in Il. fold (U W'). rewrite G by lia. ring.
  Qed.
End CommutativeRing.
